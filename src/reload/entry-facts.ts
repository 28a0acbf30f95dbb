import { isAbsolute, join } from 'node:path';
import { listFiles, parseShowAcl, parseShowMap } from '../haproxy/runtime/entries.js';
import {
  countDifferences,
  patternsIn,
  withPatterns,
  type EntryKind,
  type Pattern,
} from '../haproxy/state/entry-file.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { Host, RuntimeConnection } from '../host/host.js';

/** A map or ACL file in which HAProxy has other entries by now than the file. */
export interface ChangedEntries {
  readonly kind: EntryKind;
  readonly path: string;
  readonly count: number;
  readonly content: Buffer;
  /** With what HAProxy has; null when no file can say that. */
  readonly wanted: Buffer | null;
}

export interface EntryFacts {
  readonly changed: readonly ChangedEntries[];
  /** Edited since HAProxy has read them: what was set at run time cannot be told from the edit. */
  readonly edited: readonly string[];
  /** Too many entries to be looked through on the way. */
  readonly unseen: readonly string[];
}

/** Answers to `show map` and `show acl`. */
export interface EntryLists {
  readonly maps: string;
  readonly acls: string;
}

export interface EntryOptions {
  readonly cwd: string;
  /** When the process that serves began. */
  readonly startedMs: number;
  /** However many entries there are. */
  readonly all: boolean;
}

/** So many are listed and compared within a few hundredths of a second. */
const ENTRIES_LIMIT = 20_000;

/** What was added, changed or deleted in maps and ACLs since HAProxy has read their files. */
export async function gatherEntries(
  host: Host,
  connection: RuntimeConnection,
  lists: EntryLists,
  { cwd, startedMs, all }: EntryOptions,
): Promise<EntryFacts> {
  const changed: ChangedEntries[] = [];
  const edited: string[] = [];
  const unseen: string[] = [];
  for (const { kind, id, path, entries } of loadedFiles(lists, cwd)) {
    const info = await host.files.info(path);
    const content = info === undefined || info.directory ? undefined : await host.files.read(path);
    if (info === undefined || content === undefined) continue;
    if (entries > ENTRIES_LIMIT && !all) {
      unseen.push(path);
      continue;
    }
    const running = parse(kind, await connection.ask(`show ${kind} #${id}`));
    const difference = compare(kind, path, content, running);
    if (difference === undefined) continue;
    if (info.modifiedMs >= startedMs) edited.push(path);
    else changed.push(difference);
  }
  return { changed, edited, unseen };
}

interface Loaded {
  readonly kind: EntryKind;
  readonly id: number;
  readonly path: string;
  readonly entries: number;
}

/** Each file once: what is loaded as a map and as an ACL is one list in HAProxy too. */
function loadedFiles({ maps, acls }: EntryLists, cwd: string): readonly Loaded[] {
  const loaded = new Map<string, Loaded>();
  for (const [kind, text] of [
    ['map', maps],
    ['acl', acls],
  ] as const) {
    for (const { id, file, entries } of listFiles(text)) {
      const path = isAbsolute(file) ? file : join(cwd, file);
      if (file !== '' && !loaded.has(path)) loaded.set(path, { kind, id, path, entries });
    }
  }
  return [...loaded.values()];
}

function parse(kind: EntryKind, text: string): readonly Pattern[] {
  return kind === 'map' ? parseShowMap(text) : parseShowAcl(text);
}

function compare(
  kind: EntryKind,
  path: string,
  content: Buffer,
  running: readonly Pattern[],
): ChangedEntries | undefined {
  const text = content.toString('latin1');
  const count = countDifferences(patternsIn(text, kind), running);
  if (count === 0) return undefined;
  const wanted = withPatterns(text, kind, running);
  return {
    kind,
    path,
    count,
    content,
    wanted: wanted === undefined ? null : Buffer.from(wanted, 'latin1'),
  };
}

export function entryLosses({ changed, unseen }: EntryFacts): readonly StateLoss[] {
  return [
    ...changed.map(({ kind, path, count }) => ({
      what: `${count} ${count === 1 ? 'entry' : 'entries'} of the ${kind} ${path}`,
      because: 'changed at run time, and the file does not have the change',
      remedy: '--keep-runtime writes it into the file first',
    })),
    ...unseen.map((path) => ({
      what: `whatever was changed at run time in ${path}`,
      because: `it holds more than ${ENTRIES_LIMIT} entries, and was not compared with its file`,
      remedy: '--keep-runtime compares it, and writes the change into the file first',
    })),
  ];
}

export function entryNotes({ edited }: EntryFacts): readonly string[] {
  return edited.map(
    (path) => `${path} has been edited since HAProxy read it: the file counts from now on`,
  );
}
