import { spawnSync } from 'node:child_process';
import type { Finding } from './result.js';

/** What the guest found. */
export interface HeldTrial {
  readonly sent: number;
  readonly lost: number;
  readonly late: number;
  readonly reloads: number;
  readonly failed: number;
  /** The longest of the holds, from its beginning to its end. */
  readonly heldMsMax: number;
  /** The slowest answer with no reload under way, and with one. */
  readonly quietMsMax: number;
  readonly reloadingMsMax: number;
  readonly control: { readonly sent: number; readonly lost: number };
}

const LIMIT_MS = 10;

/** In a guest under QEMU, whose kernel has the plug: what is beyond the hold itself. */
export async function benchSynHold(): Promise<readonly Finding[]> {
  const argv = ['scripts/bench-vm.mjs', 'dist/bench/in-guest/syn-hold.js'];
  const { status, stdout } = spawnSync(process.execPath, argv, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) return [noGuest(stdout)];
  return findingsOf(JSON.parse(stdout) as HeldTrial);
}

function noGuest(said: string): Finding {
  return { what: 'syn-hold', measured: said.trim() || 'no guest', limit: 'a guest', met: false };
}

function findingsOf(held: HeldTrial): readonly Finding[] {
  const addedMs = held.reloadingMsMax - held.quietMsMax - held.heldMsMax;
  const { control } = held;
  return [
    {
      what: 'control: restart',
      measured: `${control.lost} of ${control.sent} lost`,
      limit: 'loses',
      met: control.lost > 0,
    },
    {
      what: 'syn-hold, slowest answer during a reload over the slowest quiet one and the longest hold',
      measured: `${addedMs.toFixed(1)} ms (${held.reloadingMsMax.toFixed(1)} over ${held.quietMsMax.toFixed(1)} and ${held.heldMsMax.toFixed(1)} ms) in ${held.reloads} reloads (${held.failed} failed), ${held.lost} of ${held.sent} lost, ${held.late} late`,
      limit: `at most ${LIMIT_MS} ms, 0 lost`,
      met: addedMs <= LIMIT_MS && held.lost === 0 && held.failed === 0,
    },
  ];
}
