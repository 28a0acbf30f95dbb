import type { Drift } from '../changes/drift.js';
import { globalNumber, limitDrift } from '../changes/drift-limits.js';
import { serverDrift } from '../changes/drift-servers.js';
import type { Config, Proxy } from '../config/resolve.js';
import type { RuntimeReading } from '../runtime/reading.js';
import type { StateLoss } from './state-loss.js';

export interface LimitInput {
  /** As the next process will read it. */
  readonly config: Config;
  /** As the running process has read it; null when that is not known. */
  readonly former: Config | null;
  /** `-N` of the command line. */
  readonly perProxy: number | undefined;
}

/**
 * `set maxconn ...` and `set rate-limit ...`, which no process hands on to the next. An edit of the
 * file always wins: what it has changed is no loss. Pure.
 */
export function limitLosses(
  { config, former, perProxy }: LimitInput,
  reading: RuntimeReading,
): readonly StateLoss[] {
  const next = limitsOf(config, reading, perProxy);
  const before = former === null || former === config ? next : limitsOf(former, reading, perProxy);
  const same = new Set(next.map(keyOf));
  return before
    .filter((one) => same.has(keyOf(one)) && !isEdited(one, config, former ?? config))
    .map((one) => lossOf(one, former !== null));
}

function limitsOf(
  config: Config,
  reading: RuntimeReading,
  perProxy: number | undefined,
): readonly Drift[] {
  const suspects = proxiesWithOtherLimits(config, reading);
  const servers =
    suspects.length === 0 ? [] : serverDrift({ ...config, proxies: suspects }, reading);
  return [
    ...limitDrift(config, reading, perProxy),
    ...servers.filter(({ kind }) => kind === 'maxconn'),
  ];
}

/** Of thousands of servers hardly one differs from its line: most need no more than a look. */
function proxiesWithOtherLimits({ proxies }: Config, { limits }: RuntimeReading): readonly Proxy[] {
  const running = new Map<string, Map<string, number>>();
  for (const { proxy, server, maxconn } of limits) {
    const same = running.get(proxy);
    if (same === undefined) running.set(proxy, new Map([[server, maxconn]]));
    else same.set(server, maxconn);
  }
  return proxies.filter((proxy) => {
    const now = running.get(proxy.name);
    return proxy.kind !== 'frontend' && now !== undefined && !areAsWritten(proxy, now);
  });
}

const WORDS = String.raw`(?:[ \t]+(?!maxconn\b)[^\s"'\\$#]+)*`;
const PLAIN = new RegExp(
  String.raw`^\s*server[ \t]+([\w.:-]+)${WORDS}(?:[ \t]+maxconn[ \t]+(\d+)${WORDS})?\s*$`,
);

function areAsWritten({ section, defaults }: Proxy, now: ReadonlyMap<string, number>): boolean {
  const initial = [section, ...defaults].some(({ statements }) =>
    statements.some(({ keyword }) => keyword === 'default-server'),
  );
  if (initial) return false;
  return section.statements.every(({ keyword, line }) => {
    if (keyword !== 'server') return keyword !== 'server-template';
    const match = PLAIN.exec(line.text);
    return match !== null && now.get(match[1] ?? '') === Number(match[2] ?? 0);
  });
}

function keyOf({ subject, detail, files }: Drift): string {
  return [subject, detail, files].join('\0');
}

/** The process itself shows with which global maxconn it began, so that no file has a say there. */
function isEdited({ kind, detail, running }: Drift, config: Config, former: Config): boolean {
  if (kind !== 'global' || detail !== 'maxconn') return false;
  const wanted = globalNumber(config, detail);
  return wanted === running || wanted !== globalNumber(former, detail);
}

function lossOf({ kind, subject, detail, running, files }: Drift, isSure: boolean): StateLoss {
  const line = `${detail} ${running ?? ''}`;
  const isOwn = kind === 'global' && detail === 'maxconn';
  return {
    what: `${line} of ${kind === 'global' ? 'the process' : subject}`,
    because:
      isSure || isOwn
        ? `it was set at run time, and the next process begins with ${files ?? ''}`
        : `the files have changed since it started: ${files ?? ''}, which they say now, wins`,
    remedy: `write "${line}" into ${WHERE[kind] ?? 'the file'} if it is to stay`,
  };
}

const WHERE: Readonly<Partial<Record<Drift['kind'], string>>> = {
  global: 'global',
  'frontend-maxconn': 'the frontend',
  maxconn: 'its server line',
};
