import type { NotCompared, RuntimeReading } from '../runtime/reading.js';
import type { StateLoss } from './state-loss.js';

/** Nobody knows whether something was changed there: what may be lost is said, and why. Pure. */
export function unseenLosses({ notCompared }: RuntimeReading): readonly StateLoss[] {
  return notCompared.filter(isWorthWarning).map(({ what, because, cause }) => ({
    what: `whatever was changed at run time in ${what}`,
    because: `it was not compared: ${because}`,
    remedy:
      cause === 'limit'
        ? '--keep-runtime compares all'
        : 'write what was changed at run time into the file',
  }));
}

/** A warning at each reload, whatever anybody does, would not be read any more. */
export function unseenNotes({ notCompared }: RuntimeReading): readonly string[] {
  return notCompared.filter((one) => !isWorthWarning(one)).map(notComparedText);
}

function isWorthWarning({ kind, cause }: NotCompared): boolean {
  return kind !== 'server-limits' && cause !== 'form';
}

export function notComparedText({ what, because }: NotCompared): string {
  return `${what}: not compared with the files: ${because}`;
}
