import { bindsOf } from '../../haproxy/config/binds.js';
import { optionOf, timeoutOf } from '../../haproxy/config/proxy.js';
import type { Proxy } from '../../haproxy/config/resolve.js';
import type { Check, Sign } from '../check.js';
import type { DoctorFacts } from '../facts.js';
import { statementIn } from '../fix.js';
import { exposingSocket, frontendsOf, isHttp, placeOf, statementOf, word } from '../settings.js';

/** What reloads do to HTTP clients that keep their connections. */

const IDLE_CLOSE = 'idle-close-on-response';

const idleClose: Check = {
  id: 'idle-close',
  severity: 'warning',
  because:
    'the old process closes idle connections at once; a request that is on its way then gets no answer: 0.2 to 1.0 % of the requests of keep-alive clients were lost at 2000 to 3000/s, 0 with the option',
  source:
    'HAProxy configuration manual, 4.2, "option idle-close-on-response"; measured with 2.6.12 and 3.5-dev5',
  remedy: `add "option ${IDLE_CLOSE}" to the frontend`,
  signs: (facts) =>
    httpFrontends(facts)
      .filter(cutsIdle)
      .map((proxy) => idleSign(facts, proxy)),
};

function cutsIdle(proxy: Proxy): boolean {
  return !optionOf(proxy, IDLE_CLOSE).value;
}

function idleSign(facts: DoctorFacts, proxy: Proxy): Sign {
  const said = statementOf(proxy, 'option', IDLE_CLOSE)?.section === proxy.section;
  return {
    subject: proxy.name,
    what: `${proxy.kind} ${proxy.name} cuts idle keep-alive clients when it is reloaded`,
    place: placeOf(proxy),
    ...(canQuiesce(facts) ? QUIESCED : {}),
    ...(said ? {} : { fix: statementIn(proxy.section, `option ${IDLE_CLOSE}`, []) }),
  };
}

/** Then only other tools lose them. */
const QUIESCED = {
  severity: 'info',
  because:
    'the old process closes idle connections at once: 0.2 to 1.0 % of the requests of keep-alive clients were lost by fd passing. "hitless reload" goes round it here by quiesce; any other command does not',
} as const;

function canQuiesce({ config, mode }: DoctorFacts): boolean {
  return mode === 'daemon' && config !== null && exposingSocket(config)?.level === 'admin';
}

/** A little longer than the 60 s after which the usual load balancers close idle connections. */
const BEHIND_PROXY_MS = 61_000;

const clientTimeout: Check = {
  id: 'keep-alive-behind-proxy',
  severity: 'info',
  because:
    "a proxy before this one (accept-proxy) sends requests on connections that HAProxy may be closing at that instant, at every reload and without one; HAProxy's manual tells of 502s from an AWS ALB",
  source:
    'HAProxy configuration manual, 4.2, "timeout http-keep-alive" and "option idle-close-on-response"',
  remedy:
    'set "timeout http-keep-alive" higher than the idle time-out of the proxy in front (60 s with most)',
  signs: (facts) =>
    httpFrontends(facts).flatMap((proxy) => {
      const behind = bindsOf(proxy).find(({ params }) => params.has('accept-proxy'));
      const timeout = timeoutOf(proxy, 'http-keep-alive').value ?? timeoutOf(proxy, 'client').value;
      if (behind === undefined || timeout === undefined || timeout >= BEHIND_PROXY_MS) return [];
      const what = `${proxy.kind} ${proxy.name} closes idle connections of the proxy in front after ${timeout} ms`;
      return [{ subject: proxy.name, what, place: placeOf(behind) }];
    }),
};

const serverReuse: Check = {
  id: 'server-reuse',
  severity: 'info',
  because:
    'a server that closes an idle connection just as HAProxy uses it again costs the client its request, unless HAProxy may send it anew',
  source: 'HAProxy configuration manual, 4.2, "http-reuse" and "retry-on"',
  remedy:
    'add "retry-on conn-failure empty-response" to the backend, or use "http-reuse safe" and a server keep-alive longer than "pool-purge-delay"',
  signs: ({ config }) =>
    (config?.proxies ?? []).flatMap((proxy) => {
      const reuse = proxy.kind === 'frontend' ? undefined : statementOf(proxy, 'http-reuse');
      const how = reuse && word(reuse.statement, 1);
      if (reuse === undefined || (how !== 'always' && how !== 'aggressive')) return [];
      if (statementOf(proxy, 'retry-on') !== undefined) return [];
      const what = `${proxy.kind} ${proxy.name} uses server connections again (http-reuse ${how}) without retry-on`;
      return [{ subject: proxy.name, what, place: placeOf(reuse) }];
    }),
};

function httpFrontends({ config }: DoctorFacts): readonly Proxy[] {
  return config === null ? [] : frontendsOf(config).filter(isHttp);
}

export const CLIENTS: readonly Check[] = [idleClose, clientTimeout, serverReuse];
