import { readdir, readFile } from 'node:fs/promises';
import { decodeRecords } from '../../journal/record.js';

/** For how long the latest run of a state folder held new connections back, as its journal says. */
export async function heldForMs(stateDir: string): Promise<number | undefined> {
  // Their names begin with the time.
  const latest = (await readdir(`${stateDir}/runs`).catch(() => []))
    .toSorted((a, b) => (a < b ? -1 : 1))
    .at(-1);
  if (latest === undefined) return undefined;
  const text = await readFile(`${stateDir}/runs/${latest}/journal`, 'utf8');
  const learnt = decodeRecords(text).records.flatMap((record) =>
    record.type === 'done' ? [record.after] : [],
  );
  const from = learnt.map(({ heldAtMs }) => heldAtMs).find((ms) => typeof ms === 'number');
  const to = learnt.map(({ openAtMs }) => openAtMs).findLast((ms) => typeof ms === 'number');
  return from === undefined || to === undefined ? undefined : to - from;
}
