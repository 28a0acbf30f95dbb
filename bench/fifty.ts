import type { Connections } from '../src/probe/options.js';
import type { TrialSpec } from '../src/trial/spec.js';
import { runTrial } from '../src/trial/trial.js';
import { type WayName, WAYS } from '../src/trial/ways/registry.js';
import type { Finding } from './result.js';
import { summary } from './summary.js';

const RELOADS = 50;
const RATES = [1000, 2500] as const;
/** From one reload to the next, unless one takes longer. */
const FAST_MS = 1_500;
const SLOW_MS = 2_500;
/** No row goes on for longer, however slow its reloads are: rolling reloads three instances. */
const ROW_MS = 1_200_000;
/** Each with the connections that it serves without a loss. A restart is the control. */
const ROWS: readonly (readonly [WayName, Connections, number])[] = [
  ['restart', 'new', FAST_MS],
  ['fd-pass', 'new', FAST_MS],
  ['quiesce', 'keep-alive', FAST_MS],
  ['migrate', 'new', FAST_MS],
  ['syn-drop', 'new', SLOW_MS],
  ['flip', 'new', SLOW_MS],
  ['rolling', 'new', SLOW_MS],
  ['handoff', 'new', SLOW_MS],
];

/**
 * Fifty reloads by each method at either rate, over IPv4 and over IPv6. Well over an hour.
 *
 * @param rows run those only whose name it matches: `rolling, new, 1000/s, IPv6`
 */
export async function benchFifty(rows: RegExp): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const ratePerSecond of RATES) {
    for (const ipv6 of [false, true]) {
      for (const [way, connections, everyMs] of ROWS) {
        const row = { way, connections, everyMs, ratePerSecond, ipv6 };
        if (!rows.test(nameOf(row))) continue;
        const finding = await fifty(row);
        process.stderr.write(`  ${finding.what}: ${finding.measured}\n`);
        findings.push(finding);
      }
    }
  }
  return findings;
}

type Row = Omit<TrialSpec, 'stalled' | 'forMs'>;

function nameOf({ way, connections, ratePerSecond, ipv6 }: Row): string {
  return `${way}, ${connections}, ${ratePerSecond}/s, ${ipv6 ? 'IPv6' : 'IPv4'}`;
}

async function fifty(row: Row): Promise<Finding> {
  const trial = await runTrial({ ...row, stalled: false, forMs: ROW_MS, reloadsMax: RELOADS });
  const failed = trial.reloads.filter(({ ok }) => !ok).length;
  const lost = trial.report.lost.total;
  const isControl = WAYS[row.way].control;
  return {
    what: nameOf(row),
    measured: `${summary(trial)}, ${trial.report.late} late, ${failed} failed`,
    limit: isControl ? 'control: loses' : `0 lost, ${RELOADS} reloads, none failed`,
    met: isControl ? lost > 0 : lost === 0 && failed === 0 && trial.reloads.length >= RELOADS,
  };
}
