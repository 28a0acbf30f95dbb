import { parseShowAcl, parseShowMap } from '../runtime/entries.js';
import type { LoadedEntries } from '../runtime/reading.js';
import { entriesIn, entryDifferences, type EntryDifference, type Pattern } from './entry-file.js';

/** Where a map or an ACL is another one by now than its file. Pure. */
export function differencesIn(loaded: LoadedEntries): readonly EntryDifference[] {
  const { kind, shown, file } = loaded;
  if (isAsWritten(shown, file.text)) return [];
  return entryDifferences(entriesIn(file.text, kind), patternsOf(loaded));
}

export function patternsOf({ kind, shown }: LoadedEntries): readonly Pattern[] {
  return kind === 'map' ? parseShowMap(shown) : parseShowAcl(shown);
}

/** Most files are written as HAProxy shows them, and nobody has changed anything: one look tells. */
function isAsWritten(shown: string, text: string): boolean {
  return shown.replaceAll(/^0x[0-9a-f]+ /gm, '').trimEnd() === text.trimEnd();
}
