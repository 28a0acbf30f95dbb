/**
 * Inside the guest of `npm run bench -- syn-hold`: prints one line of JSON. Time there is what has
 * been executed, so the load is small; the same one is put on a control that loses.
 */
import { runTrial, type Trial } from '../../src/trial/trial.js';
import type { WayName } from '../../src/trial/ways/registry.js';
import type { HeldTrial } from '../syn-hold.js';

const RATE = 40;
const RELOADS = 8;
const EVERY_MS = 2_000;
const LONGEST_MS = 120_000;

const control = await trial('restart');
const held = await trial('syn-hold');
const found: HeldTrial = {
  sent: held.report.sent,
  lost: held.report.lost.total,
  late: held.report.late,
  reloads: held.reloads.length,
  failed: held.reloads.filter(({ ok }) => !ok).length,
  heldMsMax: Math.max(...held.reloads.map(({ heldMs }) => heldMs ?? Number.NaN)),
  quietMsMax: held.report.latencyPhases.quiet.latencyUs.max / 1000,
  reloadingMsMax: held.report.latencyPhases.reloading.latencyUs.max / 1000,
  control: { sent: control.report.sent, lost: control.report.lost.total },
};
process.stdout.write(`${JSON.stringify(found)}\n`);

async function trial(way: WayName): Promise<Trial> {
  return await runTrial({
    way,
    connections: 'new',
    stalled: false,
    ratePerSecond: RATE,
    forMs: LONGEST_MS,
    everyMs: EVERY_MS,
    reloadsMax: RELOADS,
    ipv6: false,
  });
}
