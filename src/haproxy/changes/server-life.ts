import { optionOf } from '../config/proxy.js';
import { find, type Config, type Proxy } from '../config/resolve.js';
import { settingOf, type ServerSpec, type Setting } from '../config/servers.js';
import { decode } from '../config/document.js';
import type { ConfigChange, RuntimeChange } from '../runtime/change.js';
import { whyNotAtRuntime } from '../runtime/availability.js';
import { CONDITIONAL } from './because.js';
import { runtimeOr, type ServerContext } from './server-context.js';
import { literalAddress, stateOf, whyNotInBackend } from './server-difference.js';

/** A server that only the new configuration has. */
export function serverAdded(server: ServerSpec, context: ServerContext): ConfigChange['by'] {
  const { after, now, old } = context;
  const kept = new Set(old.map(({ name }) => name));
  const behind = now.slice(now.findIndex(({ name }) => name === server.name) + 1);
  // An added server gets the next number and the last place.
  if (behind.some(({ name }) => kept.has(name))) {
    return {
      kind: 'reload',
      because: 'a server is added behind all others only, and it stands before one',
    };
  }
  const change: RuntimeChange = {
    kind: 'server-add',
    server: { backend: after.name, server: server.name },
    words: wordsFor(server),
  };
  return runtimeOr([change], (one) =>
    server.conditional ? CONDITIONAL : whyNotLife(one, server, context),
  );
}

/** A server that only the running configuration has. */
export function serverDeleted(server: ServerSpec, context: ServerContext): ConfigChange['by'] {
  const change: RuntimeChange = {
    kind: 'server-delete',
    server: { backend: context.before.name, server: server.name },
    words: wordsFor(server),
  };
  return runtimeOr([change], (one) =>
    server.conditional
      ? CONDITIONAL
      : (whyNotLife(one, server, context) ?? whyNamed(server, context)),
  );
}

/** No default-server counts for `add server`: all that is in force is written out. */
function wordsFor(server: ServerSpec): readonly string[] {
  const settings = server.settings.filter(
    (setting, at, all) => isLastOfItsKind(setting, at, all) && !STATES.has(setting.keyword),
  );
  return [
    literalAddress(server) ?? server.address,
    ...settings.flatMap(({ keyword, args }) => [keyword, ...args]),
    ...(stateOf(server) === 'maint' ? ['disabled'] : []),
  ];
}

/**
 * The last of the two counts. An added server is in maintenance until its state is set, whatever it
 * says, and `enabled` does harm: with it 2.6.12 gives the server no requests even when it is made
 * ready (haproxy#2497), and newer versions refuse the word (srv_kws in server.c).
 */
const STATES: ReadonlySet<string> = new Set(['enabled', 'disabled']);

function isLastOfItsKind(setting: Setting, at: number, all: readonly Setting[]): boolean {
  return all.findLastIndex(({ keyword }) => keyword === setting.keyword) === at;
}

function whyNotLife(
  change: RuntimeChange,
  server: ServerSpec,
  { after, before, sides }: ServerContext,
): string | undefined {
  return (
    whyNotAtRuntime(change, sides.version) ??
    whyNotInBackend(change, after, sides.version) ??
    whyNumbered(after) ??
    whyNumbered(before) ??
    whyNotAddable(server)
  );
}

/** `add server` knows no other keyword; what is deleted must be addable, to be undone. */
function whyNotAddable(server: ServerSpec): string | undefined {
  const odd = server.settings.find(({ keyword }) => !ADDABLE.has(keyword));
  return odd === undefined ? undefined : `"${odd.keyword}" cannot be given to a server at run time`;
}

/** Those that mean the same in `add server` of 2.6 and newer as in a configuration. */
const ADDABLE: ReadonlySet<string> = new Set(
  `addr agent-addr agent-check agent-inter agent-port agent-send alpn backup ca-file check
  check-proto check-send-proxy check-sni check-ssl ciphers ciphersuites crl-file crt disabled
  downinter enabled error-limit fall fastinter inter maxconn maxqueue minconn observe on-error
  on-marked-down on-marked-up pool-low-conn pool-max-conn pool-purge-delay port proto rise
  send-proxy send-proxy-v2 slowstart sni ssl ssl-max-ver ssl-min-ver verify verifyhost weight
  ws`.split(/\s+/),
);

/** Where the number of a server counts, a new process would give other ones. */
const NUMBERED: ReadonlySet<string> = new Set([
  'stick',
  'stick-table',
  'hash-type',
  'use-server',
  'cookie',
  'load-server-state-from-file',
  'fullconn',
  'dispatch',
]);

function whyNumbered(proxy: Proxy): string | undefined {
  const found = find(proxy, ({ keyword }) => NUMBERED.has(keyword));
  if (found !== undefined)
    return `"${found.statement.keyword}" of its backend knows servers by number or name`;
  const transparent = ['transparent', 'http_proxy', 'prefer-last-server'].find(
    (name) => optionOf(proxy, name).value,
  );
  return transparent === undefined || transparent === 'prefer-last-server'
    ? undefined
    : `"option ${transparent}" is set`;
}

/** `track web/web1`, `srv_is_up(web/web1)`: such a server is not deleted. */
function whyNamed(server: ServerSpec, { after, before, sides }: ServerContext): string | undefined {
  const name = `${before.name}/${server.name}`;
  const named = [sides.before.config, sides.after.config].some((config) => mentions(config, name));
  if (named) return `another line names ${decode(name)}`;
  const own = tracksWithin(before, server.name) || tracksWithin(after, server.name);
  return own || settingOf(server, 'track') !== undefined
    ? 'health is tracked between servers'
    : undefined;
}

function tracksWithin({ section }: Proxy, name: string): boolean {
  return section.statements.some(({ line }) =>
    new RegExp(`\\strack\\s+${escaped(name)}(\\s|$)`).test(line.text),
  );
}

function mentions({ documents }: Config, text: string): boolean {
  return documents.some(({ lines }) => lines.some((line) => line.text.includes(text)));
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
