import type { NotCompared, RuntimeReading } from '../runtime/reading.js';
import type { StateLoss } from './state-loss.js';

/** Nobody knows whether something was changed there: what may be lost is said, and why. Pure. */
export function unseenLosses({ notCompared }: RuntimeReading): readonly StateLoss[] {
  return notCompared.filter(isWorthWarning).map(({ what, because, remedy }) => ({
    what: `whatever was changed at run time in ${what}`,
    because: `it was not compared: ${because}`,
    remedy,
  }));
}

/** What would be a warning at each reload of a host would not be read any more. */
export function unseenNotes({ notCompared }: RuntimeReading): readonly string[] {
  return notCompared.filter((one) => !isWorthWarning(one)).map(notComparedText);
}

function isWorthWarning({ kind }: NotCompared): boolean {
  return kind !== 'server-limits' && kind !== 'denied' && kind !== 'not-shown';
}

export function notComparedText({ what, because }: NotCompared): string {
  return `${what}: not compared with the files: ${because}`;
}
