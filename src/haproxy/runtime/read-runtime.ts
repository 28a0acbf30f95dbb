import type { RuntimeConnection } from '../../host/host.js';
import { fingerprints } from '../fingerprints.js';
import { batches } from './batches.js';
import { certificatesOf, fingerprintsOf } from './certificates.js';
import { cliWord } from './commands.js';
import type { CrtList } from './crt-lists.js';
import { parseLimits, type Limit } from './limits.js';
import { readCrtLists, type KnownCrtList } from './read-crt-lists.js';
import {
  LISTS,
  parseLists,
  within,
  type AsRead,
  type LoadedDigest,
  type LoadedEntries,
  type LoadedKind,
  type LoadedName,
  type NotCompared,
  type RuntimeReading,
} from './reading.js';
import {
  describeRevocations,
  isOtherRevocation,
  revocationListsIn,
  shownRevocationLists,
} from './revocations.js';

export interface ReadingOptions {
  /** What the process has read from the file that it has loaded under this name. */
  readonly fileAsRead: (name: string, loadedAs: LoadedKind) => Promise<AsRead>;
  /** What the text of a crt-list means, behind the `crt-base` that the process has read. */
  readonly entriesOf: (text: string) => CrtList;
  /** However much there is. */
  readonly all: boolean;
}

/**
 * All that may have been changed over the socket. One round trip, and few more for what is loaded
 * from files.
 *
 * @throws HitlessError `socket-silent`
 */
export async function readRuntime(
  connection: RuntimeConnection,
  { fileAsRead, entriesOf, all }: ReadingOptions,
): Promise<RuntimeReading> {
  const lists = parseLists(await connection.askAll(LISTS));
  const chosen = within(lists, all);
  const files = await withFiles(chosen.files, ({ kind, file }) => fileAsRead(file, kind));
  const ssl = await withFiles(chosen.certificates, ({ kind, name }) => fileAsRead(name, kind));
  const crtLists = await readCrtLists(connection, ssl.known.flatMap(crtListIn), entriesOf, all);
  const { servers, info, tables, peers } = lists;
  return {
    servers,
    info,
    tables,
    peers,
    limits: [...lists.limits, ...(chosen.serverLimits ? await serverLimits(connection) : [])],
    entries: await readEntries(connection, files.known),
    crtLists: crtLists.read,
    certificates: await readDigests(connection, ssl.known.flatMap(digestIn)),
    notCompared: [
      ...chosen.notCompared,
      ...files.unknown.map(({ one, because }) => notKnown(one.kind, one.file, because)),
      ...ssl.unknown.map(({ one, because }) => notKnown(one.kind, one.name, because)),
      ...crtLists.notCompared,
    ],
  };
}

interface Known<Loaded> {
  readonly one: Loaded;
  readonly file: LoadedEntries['file'];
}

interface WithFiles<Loaded> {
  readonly known: readonly Known<Loaded>[];
  readonly unknown: readonly { readonly one: Loaded; readonly because: string }[];
}

async function withFiles<Loaded>(
  loaded: readonly Loaded[],
  fileOf: (one: Loaded) => Promise<AsRead>,
): Promise<WithFiles<Loaded>> {
  const known: Known<Loaded>[] = [];
  const unknown: { readonly one: Loaded; readonly because: string }[] = [];
  for (const one of loaded) {
    const file = await fileOf(one);
    if (file.kind === 'known') known.push({ one, file });
    if (file.kind === 'unknown') unknown.push({ one, because: file.because });
  }
  return { known, unknown };
}

function notKnown(kind: LoadedKind, name: string, because: string): NotCompared {
  const remedy = 'write what was changed at run time into the file';
  return { kind, what: `${kind} ${name}`, because, remedy };
}

/** Types of `show stat`: 4 servers. */
async function serverLimits(connection: RuntimeConnection): Promise<readonly Limit[]> {
  return parseLimits(await connection.ask('show stat -1 4 -1'));
}

type KnownFile = Known<{
  readonly kind: 'map' | 'acl';
  readonly file: string;
  readonly entries: number;
}>;

async function readEntries(
  connection: RuntimeConnection,
  files: readonly KnownFile[],
): Promise<readonly LoadedEntries[]> {
  const found: LoadedEntries[] = [];
  for (const batch of batches(files, ({ one }) => one.entries)) {
    const answers = await connection.askAll(
      batch.map(({ one }) => `show ${one.kind} ${cliWord(one.file)}`),
    );
    for (const [at, { one, file }] of batch.entries()) {
      found.push({ kind: one.kind, name: one.file, shown: answers[at] ?? '', file });
    }
  }
  return found;
}

type KnownName = Known<LoadedName>;
type KnownDigest = Known<Pick<LoadedDigest, 'kind' | 'name'>>;

function crtListIn({ one, file }: KnownName): readonly KnownCrtList[] {
  return one.kind === 'crt-list' ? [{ name: one.name, file }] : [];
}

function digestIn({ one: { kind, name }, file }: KnownName): readonly KnownDigest[] {
  return kind === 'crt-list' ? [] : [{ one: { kind, name }, file }];
}

const SHOWN_BY = { certificate: 'cert', 'ca-file': 'ca-file', 'crl-file': 'crl-file' } as const;

/** An edited file counts from the next start on, whatever was set: nothing to compare. */
async function readDigests(
  connection: RuntimeConnection,
  loaded: readonly KnownDigest[],
): Promise<readonly LoadedDigest[]> {
  const old = loaded.filter(({ file }) => !file.edited);
  if (old.length === 0) return [];
  const answers = await connection.askAll(
    old.map(({ one }) => `show ssl ${SHOWN_BY[one.kind]} ${cliWord(one.name)}`),
  );
  return await Promise.all(
    old.map(async ({ one, file }, at) => ({
      ...one,
      ...(one.kind === 'crl-file'
        ? revocations(answers[at] ?? '', file.text)
        : await digests(one.kind, answers[at] ?? '', file.text)),
    })),
  );
}

type Digests = Pick<LoadedDigest, 'running' | 'files'>;

/** Of a certificate HAProxy shows the first one; what follows in the file is its chain. */
async function digests(
  kind: 'certificate' | 'ca-file',
  shown: string,
  text: string,
): Promise<Digests> {
  const own = certificatesOf(text);
  const files = await fingerprints(kind === 'certificate' ? own.slice(0, 1) : own);
  const running = fingerprintsOf(shown);
  // HAProxy has a CA once, however often the file has it.
  const all = (some: readonly string[]): string => [...new Set(some)].toSorted().join(' ');
  return kind === 'certificate'
    ? { running: running[0] ?? '', files: files[0] ?? '' }
    : { running: all(running), files: all(files) };
}

function revocations(shown: string, text: string): Digests {
  const files = describeRevocations(revocationListsIn(text));
  if (!isOtherRevocation(shown, text)) return { running: files, files };
  const running = describeRevocations(shownRevocationLists(shown));
  return { running: running === files ? `${running} (others)` : running, files };
}
