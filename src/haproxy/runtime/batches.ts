import { ENTRIES_MAX } from './reading.js';

/** Small lists share a round trip; no answer is so long that it would not come in time. */
export function batches<One>(
  all: readonly One[],
  entriesIn: (one: One) => number,
): readonly (readonly One[])[] {
  const found: One[][] = [];
  let room = 0;
  for (const one of all) {
    const entries = entriesIn(one);
    const last = found.at(-1);
    if (last === undefined || entries > room) {
      found.push([one]);
      room = ENTRIES_MAX;
    } else last.push(one);
    room -= entries;
  }
  return found;
}
