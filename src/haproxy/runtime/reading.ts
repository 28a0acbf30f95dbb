import { parseInfo } from './answers.js';
import { listCertificates } from './certificates.js';
import { listCrtLists, type CrtEntry } from './crt-lists.js';
import { listFiles, type LoadedFile } from './entries.js';
import { parseLimits, type Limit } from './limits.js';
import { parseServerStates, type ServerState } from './server-states.js';
import { parsePeers, parseTables, type PeersSection, type StickTable } from './tables.js';

/**
 * What the running process shows of all that can be changed over its socket: one reading for
 * whoever compares it with the files. What lies beyond a limit is named, never left out in
 * silence. Pure; `read-runtime.ts` asks.
 */
export interface RuntimeReading {
  readonly servers: readonly ServerState[];
  /** `maxconn` of frontends, and of servers where these were asked for. */
  readonly limits: readonly Limit[];
  /** `show info` */
  readonly info: ReadonlyMap<string, string>;
  readonly tables: readonly StickTable[];
  readonly peers: readonly PeersSection[];
  readonly entries: readonly LoadedEntries[];
  readonly crtLists: readonly LoadedCrtList[];
  readonly certificates: readonly LoadedDigest[];
  readonly notCompared: readonly NotCompared[];
}

/** A file as the running process has read it, as far as that is known. */
export type AsRead =
  | {
      readonly kind: 'known';
      /** latin1 */
      readonly text: string;
      /** It has been edited since: `text` is what stands there now. */
      readonly edited: boolean;
    }
  | { readonly kind: 'unknown'; readonly because: string }
  /** There is none: what is loaded under the name came over the socket, or is HAProxy's own. */
  | { readonly kind: 'none' };

/** A map or an ACL. */
export interface LoadedEntries {
  readonly kind: 'map' | 'acl';
  readonly name: string;
  /** The answer to `show map NAME`, `show acl NAME`. */
  readonly shown: string;
  readonly file: Extract<AsRead, { kind: 'known' }>;
}

/** A crt-list, by what its entries mean. */
export interface LoadedCrtList {
  readonly name: string;
  readonly running: readonly CrtEntry[];
  /** With their lines in the file. */
  readonly files: readonly CrtEntry[];
  /** The file has been edited since: `files` is what stands there now. */
  readonly edited: boolean;
}

export type CertificateKind = 'certificate' | 'ca-file' | 'crl-file';

/** What tells one content of a certificate, CA file or CRL file from another; '': not shown. */
export interface LoadedDigest {
  readonly kind: CertificateKind;
  readonly name: string;
  readonly running: string;
  readonly files: string;
}

/** What may have been changed at run time, and nobody has looked. */
export interface NotCompared {
  /** `not-shown`: in a form that HAProxy does not show, so that nobody can ever tell. */
  readonly kind: LoadedKind | 'server-limits' | 'denied' | 'not-shown';
  /** `map /etc/haproxy/hosts.map`, `12 of 1012 certificates`. */
  readonly what: string;
  readonly because: string;
  readonly remedy: string;
}

/** As what the process has loaded a file. */
export type LoadedKind = 'map' | 'acl' | 'crt-list' | CertificateKind;

/** Entries of one map, ACL or crt-list: so many are listed and compared within a few hundredths of a second. */
export const ENTRIES_MAX = 50_000;
/** Certificates, CA files, CRL files and crt-lists together. */
export const CERTIFICATES_MAX = 1_000;
/** A line of `show stat` has some hundred fields: of thousands of servers it would cost too much. */
export const SERVER_LIMITS_MAX = 1_000;

/** Answered at once and short, but for the states of the servers. Types of `show stat`: 1 frontends. */
export const LISTS = [
  ...(['show servers state', 'show stat -1 1 -1', 'show info', 'show map', 'show acl'] as const),
  ...(['show ssl crl-file', 'show ssl ca-file', 'show ssl crt-list', 'show ssl cert'] as const),
  ...(['show table', 'show peers'] as const),
] as const;

export interface Lists
  extends Pick<RuntimeReading, 'servers' | 'limits' | 'info' | 'tables' | 'peers'> {
  readonly files: readonly (LoadedFile & Pick<LoadedEntries, 'kind'>)[];
  /** crt-lists too, and folders of certificates, which HAProxy lists among them. */
  readonly certificates: readonly LoadedName[];
  /** Certificates are shown from level operator on. */
  readonly isDenied: boolean;
}

export interface LoadedName {
  readonly kind: CertificateKind | 'crt-list';
  readonly name: string;
}

/** 2.6.12 says so of crt-lists only, and of the rest that it cannot allocate memory. */
const NO_LEVEL = 'Permission denied';

/** @param answers to `LISTS` */
export function parseLists(answers: readonly string[]): Lists {
  const [states = '', stat = '', info = '', maps = '', acls = '', ...more] = answers;
  const [crls = '', cas = '', crtLists = '', certificates = '', tables = '', peers = ''] = more;
  return {
    servers: parseServerStates(states),
    limits: parseLimits(stat),
    info: parseInfo(info),
    files: loadedFiles(maps, acls),
    certificates: [
      ...named('crl-file', crls),
      ...named('ca-file', cas),
      ...listCrtLists(crtLists).map((name) => ({ kind: 'crt-list' as const, name })),
      ...named('certificate', certificates),
    ],
    isDenied: [crls, cas, crtLists, certificates].some((one) => one.startsWith(NO_LEVEL)),
    tables: parseTables(tables),
    peers: parsePeers(peers),
  };
}

/** Each file once: what is loaded as a map and as an ACL is one list in HAProxy too. */
function loadedFiles(maps: string, acls: string): Lists['files'] {
  const loaded = new Map<string, Lists['files'][number]>();
  for (const [kind, text] of [
    ['map', maps],
    ['acl', acls],
  ] as const) {
    for (const one of listFiles(text)) {
      if (one.file !== '' && !loaded.has(one.file)) loaded.set(one.file, { ...one, kind });
    }
  }
  return [...loaded.values()];
}

function named(kind: CertificateKind, text: string): Lists['certificates'] {
  return listCertificates(text)
    .filter(({ path, transaction }) => !transaction && !path.startsWith('@'))
    .map(({ path }) => ({ kind, name: path }));
}

/** What of the lists is looked into. */
export interface Chosen extends Pick<Lists, 'files' | 'certificates'> {
  readonly serverLimits: boolean;
  readonly notCompared: readonly NotCompared[];
}

/** @param all however many there are */
export function within(lists: Lists, all: boolean): Chosen {
  const { files, certificates, servers, isDenied } = lists;
  const denied = isDenied ? [DENIED] : [];
  if (all) return { files, certificates, serverLimits: true, notCompared: denied };
  const large = files.filter(({ entries }) => entries > ENTRIES_MAX);
  const left = certificates.length - CERTIFICATES_MAX;
  const serverLimits = servers.length <= SERVER_LIMITS_MAX;
  return {
    files: files.filter(({ entries }) => entries <= ENTRIES_MAX),
    certificates: certificates.slice(0, CERTIFICATES_MAX),
    serverLimits,
    notCompared: [
      ...denied,
      ...large.map(({ kind, file, entries }) =>
        beyond(kind, `${kind} ${file}`, `it holds ${entries} entries, more than ${ENTRIES_MAX}`),
      ),
      ...(left > 0
        ? [
            beyond(
              'certificate',
              `${left} of ${certificates.length} certificates`,
              `only ${CERTIFICATES_MAX} are looked at`,
            ),
          ]
        : []),
      ...(serverLimits
        ? []
        : [
            beyond(
              'server-limits',
              `the maxconn of ${servers.length} servers`,
              `it is looked at for up to ${SERVER_LIMITS_MAX} servers`,
            ),
          ]),
    ],
  };
}

export function beyond(kind: NotCompared['kind'], what: string, because: string): NotCompared {
  return { kind, what, because, remedy: '--keep-runtime compares all' };
}

const DENIED: NotCompared = {
  kind: 'denied',
  what: 'certificates, CA files, CRL files and crt-lists',
  because: 'a stats socket shows them from level operator on only',
  remedy: 'set "stats socket PATH level admin expose-fd listeners" in the global section',
};
