import type { Config } from '../config/resolve.js';
import { printEntry, type CrtEntry } from '../runtime/crt-lists.js';
import { entriesOf } from './crt-lists.js';
import type { Drift } from './drift.js';
import type { ReferencedFiles } from './referenced.js';

/** Loaded crt-lists by their names. */
export type LoadedCrtLists = ReadonlyMap<string, readonly CrtEntry[]>;

/** Entries that were added or deleted over the socket. */
export function crtListDrift(
  config: Config,
  referenced: ReferencedFiles,
  loaded: LoadedCrtLists,
): readonly Drift[] {
  const drift: Drift[] = [];
  for (const { kinds, name, text } of referenced.values()) {
    const running = loaded.get(name);
    if (text === undefined || running === undefined || kinds[0] !== 'crt-list') continue;
    const found = crtListDifference(text, running, config);
    if (found === undefined) continue;
    for (const entry of found.deleted) {
      const place = { file: name, line: entry.line };
      drift.push({ ...ofList(name, entry), running: null, files: '', place });
    }
    for (const entry of found.added) {
      drift.push({ ...ofList(name, entry), running: '', files: null, place: null });
    }
  }
  return drift;
}

function ofList(name: string, entry: CrtEntry): Pick<Drift, 'kind' | 'subject' | 'detail'> {
  return { kind: 'crt-list-entry', subject: `crt-list ${name}`, detail: printEntry(entry) };
}

export interface CrtListDifference {
  readonly added: readonly CrtEntry[];
  /** With their lines in the file. */
  readonly deleted: readonly CrtEntry[];
}

/** Undefined for a file of which what HAProxy shows cannot be compared. */
export function crtListDifference(
  text: string,
  running: readonly CrtEntry[],
  config: Pick<Config, 'sections'>,
): CrtListDifference | undefined {
  const list = entriesOf(text, config);
  if (list.kind === 'opaque') return undefined;
  return {
    added: without(running, list.entries),
    deleted: without(list.entries, running),
  };
}

/** An entry that stands twice counts twice. */
function without(entries: readonly CrtEntry[], others: readonly CrtEntry[]): readonly CrtEntry[] {
  const left = new Map<string, number>();
  for (const line of others.map(printEntry)) left.set(line, (left.get(line) ?? 0) + 1);
  return entries.filter((entry) => {
    const line = printEntry(entry);
    const count = left.get(line) ?? 0;
    left.set(line, count - 1);
    return count <= 0;
  });
}
