import type { ReferencedFiles } from '../haproxy/changes/referenced.js';
import type { Digests, RuntimeState } from '../haproxy/changes/drift.js';
import { parseInfo } from '../haproxy/runtime/answers.js';
import { fingerprints } from '../haproxy/fingerprints.js';
import {
  certificatesOf,
  fingerprintsOf,
  listCertificates,
} from '../haproxy/runtime/certificates.js';
import { cliWord } from '../haproxy/runtime/commands.js';
import { listFiles, parseShowAcl, parseShowMap, type Entry } from '../haproxy/runtime/entries.js';
import { parseLimits } from '../haproxy/runtime/limits.js';
import { parseServerStates } from '../haproxy/runtime/server-states.js';
import type { RuntimeConnection } from '../host/host.js';
import { readCrtLists } from './crt-list-state.js';

/** A file with more entries is not read out: that would take a busy HAProxy too long. */
const ENTRIES_MAX = 200_000;
const CERTIFICATES_MAX = 1_000;

/** All that may have been changed over the socket, of what is compared with the files. */
export async function readRuntimeState(
  connection: RuntimeConnection,
  referenced: ReferencedFiles,
): Promise<RuntimeState> {
  const notes: string[] = [];
  const ask = async (command: string): Promise<string> => await connection.ask(command);
  const entries = async (kind: 'map' | 'acl'): Promise<ReadonlyMap<string, readonly Entry[]>> =>
    await readEntries(ask, kind, notes);
  return {
    servers: parseServerStates(await ask('show servers state')),
    // Types: 1 frontends, 4 servers.
    limits: parseLimits(await ask('show stat -1 5 -1')),
    info: parseInfo(await ask('show info')),
    maps: await entries('map'),
    acls: await entries('acl'),
    crtLists: await readCrtLists(connection, referenced, notes),
    certificates: await readDigests(ask, 'cert', referenced, notes),
    caFiles: await readDigests(ask, 'ca-file', referenced, notes),
    notes,
  };
}

type Ask = (command: string) => Promise<string>;

async function readEntries(
  ask: Ask,
  kind: 'map' | 'acl',
  notes: string[],
): Promise<ReadonlyMap<string, readonly Entry[]>> {
  const found = new Map<string, readonly Entry[]>();
  for (const { file, entries } of listFiles(await ask(`show ${kind}`))) {
    if (file === '') continue;
    if (entries > ENTRIES_MAX) {
      notes.push(`${kind} ${file}: ${entries} entries are too many to compare`);
      continue;
    }
    const text = await ask(`show ${kind} ${cliWord(file)}`);
    found.set(file, kind === 'map' ? parseShowMap(text) : parseShowAcl(text));
  }
  return found;
}

/** Of files that were kept with their content only: with nothing to compare, why ask. */
async function readDigests(
  ask: Ask,
  what: 'cert' | 'ca-file',
  referenced: ReferencedFiles,
  notes: string[],
): Promise<ReadonlyMap<string, Digests>> {
  const found = new Map<string, Digests>();
  const loaded = listCertificates(await ask(`show ssl ${what}`));
  const known = loaded.filter(({ path }) => referenced.get(path)?.text !== undefined);
  if (known.length > CERTIFICATES_MAX) {
    notes.push(`${known.length} certificates are too many to compare: ${CERTIFICATES_MAX} were`);
  }
  for (const { path } of known.slice(0, CERTIFICATES_MAX)) {
    const running = fingerprintsOf(await ask(`show ssl ${what} ${cliWord(path)}`));
    const own = await fingerprints(certificatesOf(referenced.get(path)?.text ?? ''));
    // Of a certificate HAProxy shows the first one; what follows in the file is its chain.
    const text = (all: readonly string[]): string =>
      what === 'cert' ? (all[0] ?? '') : all.toSorted().join(' ');
    found.set(path, { running: text(running), files: text(own) });
  }
  return found;
}
