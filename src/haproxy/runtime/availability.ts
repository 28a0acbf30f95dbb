import { certificatesOf, payloadOf } from './certificates.js';
import type { EntryChange, RuntimeChange, ServerChange } from './change.js';

/**
 * Why a change cannot be made at run time by this version of HAProxy, as a clause ("HAProxy 2.4
 * has no ..."); undefined when it can. What depends on the rest of the configuration (a static
 * algorithm takes no weights) is for `whyNotWithBalance`; what HAProxy alone knows, it says itself.
 */
export function whyNotAtRuntime(change: RuntimeChange, version: string): string | undefined {
  const known = parseVersion(version);
  if (known === undefined) return `it is not known what HAProxy ${version} can change`;
  if (known < parsed(OLDEST)) return `HAProxy ${version} is older than ${OLDEST}`;
  for (const { kinds, since, because } of TABLE) {
    if (kinds.includes(change.kind) && known < parsed(since)) {
      return `HAProxy ${version}: ${because}`;
    }
  }
  if (NOT_TRIED.includes(change.kind) && known >= parsed(CERTIFICATES_OTHERWISE)) {
    return `HAProxy ${version}: from ${CERTIFICATES_OTHERWISE} on crt-lists and default certificates are loaded otherwise, which has not been tried`;
  }
  return whyNotThis(change);
}

/**
 * `balance` with its arguments as in force for the backend; `consistent`: `hash-type consistent`.
 * Static algorithms keep a map of the servers, which is made once (configuration.txt, "balance").
 */
export function whyNotWithBalance(
  change: RuntimeChange,
  balance: readonly string[],
  consistent: boolean,
): string | undefined {
  const [algorithm = 'roundrobin'] = balance;
  const dynamic = DYNAMIC.includes(algorithm.replace(/\(.*/, '')) || consistent;
  if (dynamic && algorithm !== 'static-rr') return undefined;
  const clause = `"balance ${balance.join(' ')}" is static`;
  if (change.kind === 'server' && change.attribute === 'weight') {
    return `${clause}: it takes no other weight than 0 % and 100 % at run time`;
  }
  if (change.kind === 'server-add') return `${clause}: no server can be added at run time`;
  return undefined;
}

const OLDEST = '2.4';
const DYNAMIC = ['roundrobin', 'leastconn', 'first', 'random'];

/** `crt-store`, `default-crt`, options of certificates in crt-lists: CHANGELOG 3.0-dev. */
const CERTIFICATES_OTHERWISE = '3.0';
const NOT_TRIED: readonly RuntimeChange['kind'][] = ['crt-list', 'loaded-certificate'];

interface Row {
  readonly kinds: readonly RuntimeChange['kind'][];
  readonly since: string;
  readonly because: string;
  readonly source: string;
}

/** What came after 2.4. All else is there in 2.4, 2.6, 2.8, 3.0, 3.2 and 3.4 alike. */
const TABLE: readonly Row[] = [
  {
    kinds: ['server-add', 'server-delete'],
    since: '2.6',
    because: 'servers are added and deleted in experimental mode only, before 2.6',
    source:
      'management.txt of 2.4 ("only supported on a CLI connection running in experimental mode", ' +
      'and deleting only what was added) and of 2.6 (no such sentence)',
  },
  {
    kinds: ['ca-file', 'crl-file'],
    since: '2.5',
    because: 'no "set ssl ca-file" and "set ssl crl-file" before 2.5',
    source: 'management.txt of 2.4 (not there); CHANGELOG 2.5-dev, "set ssl ca-file"',
  },
];

/** `2.6.12-1+deb12u4`, `3.5-dev5-a1b2c3`. */
function parseVersion(version: string): number | undefined {
  const match = /^(\d+)\.(\d+)/.exec(version);
  return match === null ? undefined : Number(match[1]) * 1000 + Number(match[2]);
}

function parsed(version: string): number {
  return parseVersion(version) ?? 0;
}

function whyNotThis(change: RuntimeChange): string | undefined {
  switch (change.kind) {
    case 'server':
      return whyNotAttribute(change);
    case 'server-add':
      return whyNotAdded(change.words);
    case 'server-delete':
      return undefined;
    case 'map-entry':
    case 'acl-entry':
      return whyNotEntry(change);
    case 'certificate':
      return whyNotCertificate(change.before, change.after) ?? whyNotPayload(change.after);
    case 'crt-list':
      return undefined;
    case 'loaded-certificate':
      if (change.after === null || change.after === change.before) return undefined;
      return certificatesOf(change.after).length === 0
        ? 'it holds no certificate'
        : whyNotPayload(change.after);
    case 'ca-file':
      return certificatesOf(change.after).length === 0
        ? 'it holds no certificate'
        : whyNotPayload(change.after);
    case 'crl-file':
      // `show ssl crl-file` has issuers and dates only.
      return 'HAProxy shows no digest of a CRL, so that the change could not be confirmed';
    case 'frontend-maxconn':
      return whyNotNumber(change.after, 'maxconn');
    case 'global':
      if (change.setting === 'maxconn' && change.after > change.before) {
        return 'the global maxconn can only be lowered: memory and sockets are for what it was at the start';
      }
      if (change.setting === 'maxconn' && change.after === 0) {
        return '"set maxconn global 0" restores the initial value';
      }
      return whyNotNumber(change.after, change.setting);
  }
}

const WEIGHT_MAX = 256;

function whyNotAttribute({ attribute, after }: ServerChange): string | undefined {
  switch (attribute) {
    case 'weight':
      return /^\d+$/.test(after) && Number(after) <= WEIGHT_MAX
        ? undefined
        : `a weight is a number from 0 to ${WEIGHT_MAX}, not "${after}"`;
    case 'maxconn':
      return /^\d+$/.test(after) ? undefined : `a maxconn is a number, not "${after}"`;
    case 'state':
      return /^(ready|drain|maint)$/.test(after)
        ? undefined
        : `a state is ready, drain or maint, not "${after}"`;
    case 'address':
      return ADDRESS.test(after)
        ? undefined
        : `only an IP address with a port can be set, not "${after}"`;
    case 'check':
    case 'agent-check':
      return /^(on|off)$/.test(after) ? undefined : `${attribute} is on or off, not "${after}"`;
    case 'agent-send':
      return 'HAProxy does not show agent-send, so that the change could not be confirmed';
    case 'check-address':
    case 'agent-address':
      return IP.test(after) ? undefined : `${attribute} must be an IP address, not "${after}"`;
    case 'check-port':
    case 'agent-port':
      return /^[1-9]\d*$/.test(after) ? undefined : `"${after}" is no port`;
    case 'fqdn':
      return /^[A-Za-z0-9._-]+$/.test(after) ? undefined : `"${after}" is no host name`;
  }
}

const IP = /^(?:\d+\.\d+\.\d+\.\d+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$/;
const ADDRESS = /^(?:\d+\.\d+\.\d+\.\d+|\[[0-9A-Fa-f:.]+\]):[1-9]\d*$/;

function whyNotNumber(value: number, name: string): string | undefined {
  if (Number.isSafeInteger(value) && value >= 0) return undefined;
  return `${name} is a number, not "${value}"`;
}

/**
 * Keywords that `add server` takes, by management.txt of 2.6, without `enabled`: 2.6.12 gives a
 * server that was added with it no requests (haproxy#2497), and newer versions refuse the word.
 */
const ADDABLE = new Set(
  (
    'agent-addr agent-check agent-inter agent-port agent-send allow-0rtt alpn addr backup ca-file ' +
    'check check-alpn check-proto check-send-proxy check-sni check-ssl check-via-socks4 ciphers ' +
    'ciphersuites crl-file crt disabled downinter error-limit fall fastinter force-sslv3 ' +
    'force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 id inter maxconn maxqueue minconn ' +
    'no-ssl-reuse no-sslv3 no-tlsv10 no-tlsv11 no-tlsv12 no-tlsv13 no-tls-tickets npn observe ' +
    'on-error on-marked-down on-marked-up pool-low-conn pool-max-conn pool-purge-delay port proto ' +
    'proxy-v2-options rise send-proxy send-proxy-v2 send-proxy-v2-ssl send-proxy-v2-ssl-cn ' +
    'slowstart sni source ssl ssl-max-ver ssl-min-ver tfo tls-tickets track usesrc verify ' +
    'verifyhost weight ws'
  ).split(' '),
);

/** Keywords that later versions refuse with the others or that stand for a name to be resolved. */
const NOT_ADDABLE = ['enabled', 'cookie', 'redir', 'resolvers', 'init-addr', 'namespace', 'socks4'];

function whyNotAdded(words: readonly string[]): string | undefined {
  const [address = '', ...settings] = words;
  if (!ADDRESS.test(address)) {
    return `a server can be added with an IP address and a port only, not "${address}"`;
  }
  const alien = settings.find((word) => NOT_ADDABLE.includes(word));
  if (alien !== undefined) return `"add server" does not take "${alien}"`;
  const [first] = settings;
  if (first !== undefined && !ADDABLE.has(first)) return `"add server" does not take "${first}"`;
  return settings.some(unwritable) ? 'a word of it cannot be written on one line' : undefined;
}

function whyNotEntry({ kind, file, key, after }: EntryChange): string | undefined {
  if (file === '' || unwritable(file)) return 'the file has no name that a command can hold';
  if (key === '' || unwritable(key)) return 'the key cannot be written as a word';
  if (kind === 'map-entry' && /[ \t]/.test(key)) return 'the key of a map is one word';
  if (kind === 'map-entry' && after !== null && (after === '' || unwritable(after))) {
    return 'the value cannot be written as a word';
  }
  if (key.startsWith('#')) return 'the key would be read as a number of an entry';
  return undefined;
}

function unwritable(word: string): boolean {
  return /[\r\n\0]/.test(word) || word === '<<';
}

/** What fits into one buffer of 16 kB (tune.bufsize), which holds command and payload. */
const PAYLOAD_MAX_BYTES = 15_000;

function whyNotPayload(after: string): string | undefined {
  if (payloadOf(after).length <= PAYLOAD_MAX_BYTES) return undefined;
  return `it is longer than ${PAYLOAD_MAX_BYTES} bytes, which is what one command can carry`;
}

function whyNotCertificate(before: string, after: string): string | undefined {
  const [was] = certificatesOf(before);
  const [willBe] = certificatesOf(after);
  if (willBe === undefined) return 'it holds no certificate';
  if (was?.equals(willBe) !== true) return undefined;
  return 'its first certificate stays the same, and HAProxy shows no other part of it';
}
