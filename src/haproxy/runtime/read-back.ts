import type { RuntimeConnection } from '../../host/host.js';
import { parseInfo } from './answers.js';
import { certificatesOf, fingerprintsOf, listCertificates } from './certificates.js';
import type { CrtListChange, RuntimeChange, ServerAttribute } from './change.js';
import { cliWord, joinAddress, splitAddress } from './commands.js';
import { parseShowCrtList, printEntry, type CrtList } from './crt-lists.js';
import { parseShowAcl, parseShowMap, type Entry } from './entries.js';
import { parseLimits, type Limit } from './limits.js';
import { ADMIN, adminState, CHECK, parseServerStates, type ServerState } from './server-states.js';

/**
 * The value now of what a change is about, in the notation of its `after`; null: it is not there.
 * Of a certificate the SHA-1 digests; of a server that is to be added or deleted `ready` when it
 * is as an added one shall be, and `unfinished` when it is there otherwise. `unfinished` too for a
 * certificate that was named and not filled, and for a crt-list that is as neither side has it.
 *
 * @throws HitlessError `socket-silent`
 */
export async function readBack(
  connection: RuntimeConnection,
  change: RuntimeChange,
): Promise<string | null> {
  const [value = null] = await readBackAll(connection, [change]);
  return value;
}

/** The same for many changes: each table of HAProxy is asked for once. */
export async function readBackAll(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
): Promise<readonly (string | null)[]> {
  const tables = readTables(connection, changes);
  const values: (string | null)[] = [];
  for (const change of changes) values.push(await valueNow(change, tables));
  return values;
}

/** What `readBack` says once the change has been made. */
export async function wantedValue(change: RuntimeChange): Promise<string | null> {
  switch (change.kind) {
    case 'server':
      return change.attribute === 'address' ? canonicalAddress(change.after) : change.after;
    case 'server-add':
      return 'ready';
    case 'server-delete':
      return null;
    case 'certificate':
      return await digests(certificatesOf(change.after).slice(0, 1));
    case 'ca-file':
      return await digests(certificatesOf(change.after));
    case 'crl-file':
      return null;
    case 'loaded-certificate':
      return change.after === null ? null : await digests(certificatesOf(change.after).slice(0, 1));
    case 'crt-list':
      return change.after.join('\n');
    case 'acl-entry':
      return change.after === null ? null : '';
    case 'map-entry':
      return change.after;
    case 'frontend-maxconn':
    case 'global':
      return String(change.after);
  }
}

/** HAProxy prints addresses the shortest way (inet_ntop). */
export function canonicalAddress(address: string): string {
  const { host, port } = splitAddress(address);
  if (!host.includes(':')) return address;
  try {
    return joinAddress(new URL(`http://[${host}]`).hostname.slice(1, -1), port);
  } catch {
    return address;
  }
}

interface Tables {
  readonly server: (backend: string, name: string) => Promise<ServerState | undefined>;
  readonly limit: (proxy: string, server: string) => Promise<number | null>;
  readonly info: (name: string) => Promise<string | null>;
  readonly entry: (kind: 'map' | 'acl', file: string, key: string) => Promise<string | null>;
  readonly digests: (what: 'cert' | 'ca-file', path: string) => Promise<string | null>;
  readonly isLoaded: (path: string) => Promise<boolean>;
  readonly crtList: (file: string) => Promise<CrtList | undefined>;
}

/** Up to here it is cheaper to ask backend by backend than to have all of them. */
const BACKENDS_ONE_BY_ONE = 8;

function readTables(connection: RuntimeConnection, changes: readonly RuntimeChange[]): Tables {
  const once = new Map<string, Promise<unknown>>();
  const ask = async <T>(command: string, parse: (text: string) => T): Promise<T> => {
    const known = once.get(command) as Promise<T> | undefined;
    if (known !== undefined) return await known;
    const answer = connection.ask(command).then(parse);
    once.set(command, answer);
    return await answer;
  };
  const backends = new Set(changes.map((change) => ('server' in change ? nameOf(change) : '')));
  const few = backends.size <= BACKENDS_ONE_BY_ONE;
  const statesOf = (backend: string): string =>
    few ? `show servers state ${cliWord(backend)}` : 'show servers state';
  return {
    server: async (backend, name) =>
      (await ask(statesOf(backend), byServer)).get(`${backend}/${name}`),
    // Types: 1 frontends, 4 servers.
    limit: async (proxy, server) => {
      const type = server === 'FRONTEND' ? 1 : 4;
      const which = few ? cliWord(proxy) : '-1';
      const limits = await ask(`show stat ${which} ${type} -1`, byLimit);
      return limits.get(`${proxy}/${server}`)?.maxconn ?? null;
    },
    info: async (name) => (await ask('show info', parseInfo)).get(name) ?? null,
    entry: async (kind, file, key) => {
      const parse = kind === 'map' ? parseShowMap : parseShowAcl;
      const entries = await ask(`show ${kind} ${cliWord(file)}`, (text) => byKey(parse(text)));
      return entries.get(key)?.value ?? null;
    },
    digests: async (what, path) => {
      const found = await ask(`show ssl ${what} ${cliWord(path)}`, fingerprintsOf);
      return found.length === 0 ? null : found.toSorted().join(' ');
    },
    isLoaded: async (path) =>
      (await ask('show ssl cert', listCertificates)).some((one) => one.path === path),
    crtList: async (file) => await ask(`show ssl crt-list -n ${cliWord(file)}`, parseShowCrtList),
  };
}

function nameOf(change: Extract<RuntimeChange, { server: unknown }>): string {
  return change.server.backend;
}

function byServer(text: string): ReadonlyMap<string, ServerState> {
  return new Map(
    parseServerStates(text).map((state) => [`${state.backend}/${state.server}`, state]),
  );
}

function byLimit(text: string): ReadonlyMap<string, Limit> {
  return new Map(parseLimits(text).map((limit) => [`${limit.proxy}/${limit.server}`, limit]));
}

/** The first of several with the same key is the one that counts. */
function byKey(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  return new Map(entries.toReversed().map((entry) => [entry.key, entry]));
}

const INFO = {
  maxconn: 'Maxconn',
  maxconnrate: 'ConnRateLimit',
  maxsessrate: 'SessRateLimit',
  maxsslrate: 'SslRateLimit',
} as const;

async function valueNow(change: RuntimeChange, tables: Tables): Promise<string | null> {
  switch (change.kind) {
    case 'server': {
      const { backend, server } = change.server;
      const state = await tables.server(backend, server);
      if (state === undefined) return null;
      if (change.attribute !== 'maxconn') return attributeOf(state, change.attribute);
      const limit = await tables.limit(backend, server);
      return limit === null ? null : String(limit);
    }
    case 'server-add':
    case 'server-delete': {
      const { backend, server } = change.server;
      const state = await tables.server(backend, server);
      if (state === undefined) return null;
      return isAsAdded(state, change.words) ? 'ready' : 'unfinished';
    }
    case 'map-entry':
      return await tables.entry('map', change.file, change.key);
    case 'acl-entry':
      return await tables.entry('acl', change.file, change.key);
    case 'certificate':
      return await tables.digests('cert', change.path);
    case 'ca-file':
      return await tables.digests('ca-file', change.path);
    case 'crl-file':
      return null;
    case 'loaded-certificate': {
      const digest = await tables.digests('cert', change.path);
      return digest ?? ((await tables.isLoaded(change.path)) ? 'unfinished' : null);
    }
    case 'crt-list':
      return entriesNow(change, await tables.crtList(change.file));
    case 'frontend-maxconn': {
      const limit = await tables.limit(change.frontend, 'FRONTEND');
      return limit === null ? null : String(limit);
    }
    case 'global':
      return await tables.info(INFO[change.setting]);
  }
}

/** Entries that neither side has are others' business, and shown as drift. */
function entriesNow({ before, after }: CrtListChange, list: CrtList | undefined): string | null {
  if (list === undefined) return null;
  if (list.kind === 'opaque') return 'unfinished';
  const own = new Set([...before, ...after]);
  const now = list.entries.map(printEntry).filter((line) => own.has(line));
  const text = now.join('\n');
  return text === before.join('\n') || text === after.join('\n') ? text : 'unfinished';
}

function attributeOf(
  state: ServerState,
  attribute: Exclude<ServerAttribute, 'maxconn'>,
): string | null {
  const named = (value: string): string | null => (value === '-' || value === '0' ? null : value);
  switch (attribute) {
    case 'weight':
      return String(state.weight);
    case 'state':
      return adminState(state);
    case 'address':
      return joinAddress(state.address, state.port);
    case 'fqdn':
      return named(state.fqdn);
    case 'check':
      return (state.checkState & CHECK.enabled) === 0 ? 'off' : 'on';
    case 'agent-check':
      return (state.agentState & CHECK.enabled) === 0 ? 'off' : 'on';
    case 'check-address':
      return named(state.checkAddress);
    case 'check-port':
      return named(state.checkPort);
    case 'agent-address':
      return named(state.agentAddress);
    case 'agent-port':
      return named(state.agentPort);
    case 'agent-send':
      return null;
  }
}

function isAsAdded(state: ServerState, words: readonly string[]): boolean {
  const inUse = (state.admin & ADMIN.forcedMaint) === 0;
  return (
    inUse === !words.includes('disabled') &&
    (!words.includes('check') || (state.checkState & CHECK.enabled) !== 0) &&
    (!words.includes('agent-check') || (state.agentState & CHECK.enabled) !== 0)
  );
}

/** Loaded on demand: only certificates need it, and it takes a part of the start-up time. */
async function digests(certificates: readonly Buffer[]): Promise<string | null> {
  if (certificates.length === 0) return null;
  const { createHash } = await import('node:crypto');
  return certificates
    .map((der) => createHash('sha1').update(der).digest('hex').toUpperCase())
    .toSorted()
    .join(' ');
}
