import { printEntry, type CrtEntry } from '../runtime/crt-lists.js';
import type { LoadedCrtList } from '../runtime/reading.js';

export interface CrtListDifferences {
  readonly added: readonly CrtEntry[];
  /** With their lines in the file. */
  readonly deleted: readonly CrtEntry[];
}

/** Entries that were added or deleted over the socket. Pure. */
export function crtListDifferences({ running, files }: LoadedCrtList): CrtListDifferences {
  return { added: without(running, files), deleted: without(files, running) };
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
