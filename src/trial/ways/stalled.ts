import type { Lab } from '../../lab/lab.js';
import { stall } from '../../lab/stall.js';

/** As on a machine that swaps or has lost its cores for a moment. */
const STALL_MS = 300;

/** The process does nothing for a moment from now on. Nothing happens when it is gone. */
export async function stallForAMoment(lab: Lab, pidInLab: number): Promise<void> {
  const process = lab.processes().find((candidate) => candidate.pidInLab === pidInLab);
  if (process === undefined) return;
  await stall(process.pid, STALL_MS);
}
