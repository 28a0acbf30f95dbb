import type { RuntimeReading } from '../runtime/reading.js';
import { crtListDifferences } from './crt-list-differences.js';
import { editedText } from './entry-plan.js';
import type { StateLoss } from './state-loss.js';

export interface CrtListLosses {
  readonly losses: readonly StateLoss[];
  readonly notes: readonly string[];
}

/** Entries of crt-lists that HAProxy has, or has not, unlike the file. Pure. */
export function crtListLosses({ crtLists }: Pick<RuntimeReading, 'crtLists'>): CrtListLosses {
  const losses: StateLoss[] = [];
  const notes: string[] = [];
  for (const list of crtLists) {
    const { added, deleted } = crtListDifferences(list);
    const count = added.length + deleted.length;
    if (count === 0) continue;
    // What was set at run time cannot be told from the edit of a file that is newer.
    if (list.edited) notes.push(editedText(list.name));
    else losses.push(lossOf(list.name, count));
  }
  return { losses, notes };
}

function lossOf(path: string, count: number): StateLoss {
  return {
    what: `${count} ${count === 1 ? 'entry' : 'entries'} of the crt-list ${path}`,
    because: 'added or deleted at run time, and the file does not have the change',
    remedy: `write the change into ${path}: "hitless plan" lists the entries`,
  };
}
