import type { RuntimeReading } from '../runtime/reading.js';
import { differencesIn, patternsOf } from './entry-differences.js';
import { withPatterns, type EntryKind } from './entry-file.js';
import type { StateLoss } from './state-loss.js';

/** A map or ACL file in which HAProxy has other entries by now than the file. */
export interface ChangedEntries {
  readonly kind: EntryKind;
  readonly name: string;
  readonly count: number;
  /** latin1 */
  readonly content: string;
  /** With what HAProxy has; null when no file can say that. */
  readonly wanted: string | null;
}

export interface EntryPlan {
  readonly changed: readonly ChangedEntries[];
  /** Edited since HAProxy has read them: what was set at run time cannot be told from the edit. */
  readonly edited: readonly string[];
}

/** What was added, changed or deleted in maps and ACLs since HAProxy has read their files. Pure. */
export function entryPlan({ entries }: RuntimeReading): EntryPlan {
  const changed: ChangedEntries[] = [];
  const edited: string[] = [];
  for (const one of entries) {
    const count = differencesIn(one).reduce((sum, { count: many }) => sum + many, 0);
    if (count === 0) continue;
    const { kind, name, file } = one;
    if (file.edited) edited.push(name);
    else {
      const wanted = withPatterns(file.text, kind, patternsOf(one)) ?? null;
      changed.push({ kind, name, count, content: file.text, wanted });
    }
  }
  return { changed, edited };
}

export function entryLosses({ changed }: EntryPlan): readonly StateLoss[] {
  return changed.map(({ kind, name, count }) => ({
    what: `${count} ${count === 1 ? 'entry' : 'entries'} of the ${kind} ${name}`,
    because: 'changed at run time, and the file does not have the change',
    remedy: '--keep-runtime writes it into the file first',
  }));
}

export function entryNotes({ edited }: EntryPlan): readonly string[] {
  return edited.map(editedText);
}

export function editedText(name: string): string {
  return `${name} has been edited since HAProxy read it: the file counts from now on`;
}
