import { balanceOf } from '../config/proxy.js';
import { find, type Proxy } from '../config/resolve.js';
import { settingOf, type ServerSpec, type Setting } from '../config/servers.js';
import { wordsOf } from '../config/sections.js';
import type { ConfigChange, RuntimeChange, ServerAttribute } from '../runtime/change.js';
import { whyNotAtRuntime, whyNotWithBalance } from '../runtime/availability.js';
import { joinAddress } from '../runtime/commands.js';
import { isAtLeast } from '../version.js';
import { whyReload } from './because.js';
import { runtimeOr, type ServerContext } from './server-context.js';

/** Two descriptions of one server; undefined when both mean the same. */
export function serverDifference(
  old: ServerSpec,
  now: ServerSpec,
  context: ServerContext,
): ConfigChange['by'] | undefined {
  const other = firstOther(old.settings.filter(isFixed), now.settings.filter(isFixed));
  if (other !== undefined) return { kind: 'reload', because: whyReload(other) };
  const changes: RuntimeChange[] = [];
  for (const part of [addressDifference, ...ATTRIBUTES.map(attributeDifference)]) {
    const found = part(old, now);
    if (found === undefined) continue;
    if ('because' in found) return { kind: 'reload', because: found.because };
    const server = { backend: context.after.name, server: now.name };
    changes.push({ kind: 'server', server, ...found });
  }
  if (changes.length === 0) return undefined;
  return runtimeOr(changes, (change) => whyNotServer(change, now, context));
}

/** Initial settings that the runtime API can change afterwards. */
const CHANGEABLE: ReadonlySet<string> = new Set([
  'weight',
  'maxconn',
  'disabled',
  'enabled',
  'addr',
  'port',
  'agent-addr',
  'agent-port',
]);

function isFixed({ keyword }: Setting): boolean {
  return !CHANGEABLE.has(keyword);
}

function firstOther(old: readonly Setting[], now: readonly Setting[]): string | undefined {
  const count = Math.max(old.length, now.length);
  for (let at = 0; at < count; at += 1) {
    const [a, b] = [old[at], now[at]];
    if (a !== undefined && b !== undefined && wordOf(a) === wordOf(b)) continue;
    return (b ?? a)?.keyword ?? '';
  }
  return undefined;
}

function wordOf({ keyword, args }: Setting): string {
  return [keyword, ...args].join('\0');
}

type Found =
  | { readonly attribute: ServerAttribute; readonly before: string; readonly after: string }
  | { readonly because: string }
  | undefined;

type Difference = (old: ServerSpec, now: ServerSpec) => Found;

const IPV4 = /^\d+\.\d+\.\d+\.\d+$/;
const IPV6 = /^\[?([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\]?$/;

/** The address as the runtime API takes it; undefined for names, sockets and prefixes. */
export function literalAddress({ address, port }: ServerSpec): string | undefined {
  const host = IPV4.test(address) ? address : IPV6.exec(address)?.[1];
  if (host === undefined || port === undefined || !/^[1-9]\d*$/.test(port)) return undefined;
  return joinAddress(host, port);
}

function addressDifference(old: ServerSpec, now: ServerSpec): Found {
  if (old.address === now.address && old.port === now.port) return undefined;
  const before = literalAddress(old);
  const after = literalAddress(now);
  if (before !== undefined && after !== undefined) return { attribute: 'address', before, after };
  const resolved = settingOf(now, 'resolvers') !== undefined;
  if (resolved && old.port === now.port && isName(old.address) && isName(now.address)) {
    return { attribute: 'fqdn', before: old.address, after: now.address };
  }
  return {
    because: 'only from one IP address and port to another can a server be moved at run time',
  };
}

function isName(address: string): boolean {
  return (
    /^[A-Za-z0-9](?:[A-Za-z0-9._-]*)$/.test(address) &&
    /[A-Za-z]/.test(address) &&
    !IPV4.test(address)
  );
}

interface Attribute {
  readonly attribute: ServerAttribute;
  readonly valueOf: (server: ServerSpec) => string | undefined;
  readonly whyNot?: (server: ServerSpec) => string | undefined;
}

/** HAProxy's own, where a line says nothing (configuration.txt, section 5.2). */
export const DEFAULT_WEIGHT = '1';
const NO_LIMIT = '0';

const ATTRIBUTES: readonly Attribute[] = [
  { attribute: 'weight', valueOf: (server) => valueOf(server, 'weight') ?? DEFAULT_WEIGHT },
  {
    attribute: 'maxconn',
    valueOf: (server) => valueOf(server, 'maxconn') ?? NO_LIMIT,
    whyNot: (server) =>
      unless(
        settingOf(server, 'minconn') === undefined,
        'it has a minconn, with which its maxconn moves',
      ),
  },
  { attribute: 'state', valueOf: stateOf },
  {
    attribute: 'check-address',
    valueOf: (server) => valueOf(server, 'addr'),
    whyNot: (server) =>
      unless(settingOf(server, 'agent-check') === undefined, '"addr" is for its agent check too') ??
      unless(settingOf(server, 'check') !== undefined, 'the server is not checked'),
  },
  {
    attribute: 'check-port',
    valueOf: (server) => valueOf(server, 'port'),
    whyNot: (server) =>
      unless(settingOf(server, 'check') !== undefined, 'the server is not checked'),
  },
  {
    attribute: 'agent-address',
    valueOf: (server) => valueOf(server, 'agent-addr'),
    whyNot: hasAgent,
  },
  { attribute: 'agent-port', valueOf: (server) => valueOf(server, 'agent-port'), whyNot: hasAgent },
];

function hasAgent(server: ServerSpec): string | undefined {
  return unless(settingOf(server, 'agent-check') !== undefined, 'the server has no agent check');
}

function unless(holds: boolean, because: string): string | undefined {
  return holds ? undefined : because;
}

export function valueOf(server: ServerSpec, keyword: string): string | undefined {
  return settingOf(server, keyword)?.args[0];
}

/** `maint` when the last of `disabled` and `enabled` says so. */
export function stateOf({ settings }: ServerSpec): string {
  const last = settings.findLast(({ keyword }) => keyword === 'disabled' || keyword === 'enabled');
  return last?.keyword === 'disabled' ? 'maint' : 'ready';
}

function attributeDifference({ attribute, valueOf: value, whyNot }: Attribute): Difference {
  return (old, now) => {
    const before = value(old);
    const after = value(now);
    if (before === after) return undefined;
    if (before === undefined || after === undefined) {
      return {
        because: `${attribute} is set on one side only: what holds without it follows from other settings`,
      };
    }
    const because = whyNot?.(old) ?? whyNot?.(now);
    return because === undefined ? { attribute, before, after } : { because };
  };
}

function whyNotServer(
  change: RuntimeChange,
  server: ServerSpec,
  { after, sides }: ServerContext,
): string | undefined {
  const moves = change.kind === 'server' && change.attribute === 'address';
  if (moves && valueOf(server, 'hash-key')?.startsWith('addr') === true) {
    return 'its place in the hash follows from its address ("hash-key")';
  }
  return whyNotAtRuntime(change, sides.version) ?? whyNotInBackend(change, after, sides.version);
}

/** As whyNotWithBalance, for the algorithm in force; conditional or unreadable: a reason too. */
export function whyNotInBackend(
  change: RuntimeChange,
  proxy: Proxy,
  version: string,
): string | undefined {
  const balance = balanceOf(proxy, [defaultAlgorithm(version)]);
  if (balance.conditional) return 'a conditional block decides the algorithm';
  const hash = find(proxy, ({ keyword }) => keyword === 'hash-type');
  if (hash?.conditional === true) return 'a conditional block decides the hash type';
  const words = hash === undefined ? [] : wordsOf(hash.statement);
  if (words.some(({ env }) => env)) return 'a variable decides the hash type';
  return whyNotWithBalance(change, balance.value, words[1]?.value === 'consistent');
}

/** 3.3 and newer begin with `random` (configuration.txt, "balance"). */
function defaultAlgorithm(version: string): string {
  return isAtLeast(version, [3, 3]) ? 'random' : 'roundrobin';
}
