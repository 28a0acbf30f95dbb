import { payloadOf } from './certificates.js';
import type {
  CrtListChange,
  LoadedCertificateChange,
  RuntimeChange,
  ServerAttribute,
  ServerChange,
  ServerName,
} from './change.js';

export { whyNotAtRuntime } from './availability.js';

/**
 * What to ask the runtime API for, in order, each answered by itself. A command with line breaks
 * ends with a payload. Pure; whether it may be asked is for `whyNotAtRuntime` to say.
 */
export function commandsFor(change: RuntimeChange): readonly string[] {
  switch (change.kind) {
    case 'server':
      return [serverCommand(change)];
    case 'server-add':
      return addCommands(change.server, change.words);
    case 'server-delete':
      return deleteCommands(change.server);
    case 'map-entry':
    case 'acl-entry':
      return [entryCommand(change)];
    case 'certificate':
    case 'ca-file':
    case 'crl-file': {
      const what = `${SSL_OBJECT[change.kind]} ${cliWord(change.path)}`;
      return [`set ssl ${what} <<\n${payloadOf(change.after)}`, `commit ssl ${what}`];
    }
    case 'loaded-certificate':
      return loadedCommands(change);
    case 'crt-list':
      // They follow from what is there: change-crt-list.ts.
      return [];
    case 'frontend-maxconn':
      return [`set maxconn frontend ${cliWord(change.frontend)} ${change.after}`];
    case 'global':
      return [`set ${GLOBAL_SETTING[change.setting]} ${change.after}`];
  }
}

/** Of a replaced certificate that was not committed: HAProxy keeps it until it is told. */
export function abortFor(change: RuntimeChange): string | undefined {
  if (change.kind === 'loaded-certificate') {
    return change.after === null ? undefined : `abort ssl cert ${cliWord(change.path)}`;
  }
  if (change.kind !== 'certificate' && change.kind !== 'ca-file' && change.kind !== 'crl-file') {
    return undefined;
  }
  return `abort ssl ${SSL_OBJECT[change.kind]} ${cliWord(change.path)}`;
}

/** What takes a change back. */
export function inverseOf(change: RuntimeChange): RuntimeChange {
  if (change.kind === 'server-add') return { ...change, kind: 'server-delete' };
  if (change.kind === 'server-delete') return { ...change, kind: 'server-add' };
  return { ...change, before: change.after, after: change.before } as RuntimeChange;
}

/** `frontend www: maxconn 100 -> 200`, for people. */
export function describeChange(change: RuntimeChange): string {
  switch (change.kind) {
    case 'server':
      return `${change.server.backend}/${change.server.server}: ${change.attribute} ${change.before} → ${change.after}`;
    case 'server-add':
      return `${change.server.backend}/${change.server.server}: added (${change.words.join(' ')})`;
    case 'server-delete':
      return `${change.server.backend}/${change.server.server}: deleted`;
    case 'map-entry':
    case 'acl-entry':
      return `${change.file}: ${change.key} ${change.before ?? 'absent'} → ${change.after ?? 'absent'}`;
    case 'certificate':
    case 'ca-file':
    case 'crl-file':
      return `${change.kind} ${change.path}: replaced`;
    case 'loaded-certificate':
      return `certificate ${change.path}: ${change.after === null ? 'unloaded' : 'loaded'}`;
    case 'crt-list':
      return `${change.file}: ${entriesText(change)}`;
    case 'frontend-maxconn':
      return `frontend ${change.frontend}: maxconn ${change.before} → ${change.after}`;
    case 'global':
      return `global ${change.setting} ${change.before} → ${change.after}`;
  }
}

/** Entries of a crt-list that are written out each; the rest is counted. */
const ENTRIES_SHOWN = 6;

function entriesText({ before, after }: CrtListChange): string {
  const texts = [
    ...without(after, before).map((line) => `+ ${line}`),
    ...without(before, after).map((line) => `- ${line}`),
  ];
  if (texts.length === 0) return 'the same entries in another order';
  const more = texts.length - ENTRIES_SHOWN;
  return `${texts.slice(0, ENTRIES_SHOWN).join(', ')}${more > 0 ? `, and ${more} more` : ''}`;
}

/** A line that stands twice counts twice. */
function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const line of others) left.set(line, (left.get(line) ?? 0) + 1);
  return lines.filter((line) => {
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}

/**
 * Writes a word so that the command line reads exactly this value: spaces end a word, a semicolon
 * the command (management.txt, 9.3). A line break cannot be written.
 */
export function cliWord(value: string): string {
  return value.replace(/[\\ \t;]/g, '\\$&');
}

const SSL_OBJECT = { certificate: 'cert', 'ca-file': 'ca-file', 'crl-file': 'crl-file' } as const;

const GLOBAL_SETTING = {
  maxconn: 'maxconn global',
  maxconnrate: 'rate-limit connections global',
  maxsessrate: 'rate-limit sessions global',
  maxsslrate: 'rate-limit ssl-sessions global',
} as const;

function nameOf({ backend, server }: ServerName): string {
  return `${cliWord(backend)}/${cliWord(server)}`;
}

type Plain = Exclude<ServerAttribute, 'maxconn' | 'address' | 'check' | 'agent-check'>;

const KEYWORD: Readonly<Record<Plain, string>> = {
  weight: 'weight',
  state: 'state',
  fqdn: 'fqdn',
  'check-address': 'check-addr',
  'check-port': 'check-port',
  'agent-address': 'agent-addr',
  'agent-port': 'agent-port',
  'agent-send': 'agent-send',
};

function serverCommand({ server, attribute, after }: ServerChange): string {
  const name = nameOf(server);
  switch (attribute) {
    case 'maxconn':
      return `set maxconn server ${name} ${cliWord(after)}`;
    case 'check':
      return `${after === 'on' ? 'enable' : 'disable'} health ${name}`;
    case 'agent-check':
      return `${after === 'on' ? 'enable' : 'disable'} agent ${name}`;
    case 'address': {
      const { host, port } = splitAddress(after);
      return `set server ${name} addr ${cliWord(host)}${port === '' ? '' : ` port ${port}`}`;
    }
    default:
      return `set server ${name} ${KEYWORD[attribute]} ${cliWord(after)}`;
  }
}

/** `IP:PORT`, `[IP]:PORT`; without a port, `port` is empty. */
export function splitAddress(address: string): { readonly host: string; readonly port: string } {
  const match = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(address);
  return { host: match?.[1] ?? match?.[2] ?? address, port: match?.[3] ?? '' };
}

/** `IP:PORT`, with brackets about an IPv6 address. */
export function joinAddress(host: string, port: string): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/**
 * A new server is in maintenance, and its checks are off, whatever its words say: both are asked
 * for by commands of their own, the state last (management.txt, "add server").
 */
function addCommands(server: ServerName, words: readonly string[]): readonly string[] {
  const name = nameOf(server);
  return [`add server ${name} ${words.map(cliWord).join(' ')}`, ...enableCommands(server, words)];
}

/** Of a server that was added: what has it checked and used. */
export function enableCommands(server: ServerName, words: readonly string[]): readonly string[] {
  const name = nameOf(server);
  return [
    ...(words.includes('check') ? [`enable health ${name}`] : []),
    ...(words.includes('agent-check') ? [`enable agent ${name}`] : []),
    ...(words.includes('disabled') ? [] : [`set server ${name} state ready`]),
  ];
}

/** Only a server in maintenance may be deleted, and an agent could end the maintenance. */
function deleteCommands(server: ServerName): readonly string[] {
  const name = nameOf(server);
  return [`set server ${name} state maint`, `del server ${name}`];
}

function loadedCommands({ path, after }: LoadedCertificateChange): readonly string[] {
  const name = `ssl cert ${cliWord(path)}`;
  if (after === null) return [`abort ${name}`, `del ${name}`];
  return [`new ${name}`, `set ${name} <<\n${payloadOf(after)}`, `commit ${name}`];
}

function entryCommand(change: Extract<RuntimeChange, { kind: 'map-entry' | 'acl-entry' }>): string {
  const what = change.kind === 'map-entry' ? 'map' : 'acl';
  const entry = `${cliWord(change.file)} ${cliWord(change.key)}`;
  if (change.after === null) return `del ${what} ${entry}`;
  if (what === 'acl') return `add acl ${entry}`;
  const verb = change.before === null ? 'add' : 'set';
  return `${verb} map ${entry} ${cliWord(change.after)}`;
}
