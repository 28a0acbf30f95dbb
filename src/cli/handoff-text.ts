import type { PlanResult } from '../reload/run-plan.js';
import { milliseconds } from './style.js';

/** What came of a hand-over to another node, in words. */
export function handoffText(result: PlanResult): string {
  if (result.result === 'planned') return 'dry run: all checks passed, nothing was touched\n';
  const moved = result.plan?.handOver.some(({ kind }) => kind === 'move-address') === true;
  const first = moved
    ? `the address moved to the peer, after ${milliseconds(result.durationMs)}`
    : `handed over, done, and taken back in ${milliseconds(result.durationMs)}`;
  const rest = moved
    ? 'packets that still come here are passed on; the rules go when none does'
    : 'flows at the peer go on there; the rules go when the last one has ended';
  return result.draining ? `${first}\n${rest} ("hitless status")\n` : `${first}\n`;
}

export function preparedText(done: 'prepared' | 'taken back'): (result: PlanResult) => string {
  return ({ result, runId }) => {
    if (result === 'planned') return 'dry run: nothing was touched\n';
    if (result === 'unchanged') return 'unchanged: there is nothing to do\n';
    return `${done} (run ${runId ?? ''})\n`;
  };
}
