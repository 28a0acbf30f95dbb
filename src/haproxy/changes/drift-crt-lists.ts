import { printEntry, type CrtEntry } from '../runtime/crt-lists.js';
import type { LoadedCrtList, RuntimeReading } from '../runtime/reading.js';
import { crtListDifferences } from '../state/crt-list-differences.js';
import type { Drift } from './drift.js';

/** Entries that were added or deleted over the socket. */
export function crtListDrift({ crtLists }: Pick<RuntimeReading, 'crtLists'>): readonly Drift[] {
  return crtLists.flatMap(listDrift);
}

function listDrift(list: LoadedCrtList): readonly Drift[] {
  // What was set and what was edited cannot be told apart.
  if (list.edited) return [];
  const { name } = list;
  const { added, deleted } = crtListDifferences(list);
  return [
    ...deleted.map((entry) => ({
      ...ofList(name, entry),
      running: null,
      files: '',
      place: { file: name, line: entry.line },
    })),
    ...added.map((entry) => ({ ...ofList(name, entry), running: '', files: null, place: null })),
  ];
}

function ofList(name: string, entry: CrtEntry): Pick<Drift, 'kind' | 'subject' | 'detail'> {
  return { kind: 'crt-list-entry', subject: `crt-list ${name}`, detail: printEntry(entry) };
}
