import { lossRateUpperBound95 } from '../probe/bound.js';
import { trialLabel } from './spec.js';
import type { Trial } from './trial.js';
import { WAYS } from './ways/registry.js';
import type { Way } from './ways/way.js';

export interface Judgement {
  readonly verdict: 'lossless' | 'lossy' | 'inconclusive';
  /** Over all runs of hitless that it calls lossless. */
  readonly sent: number;
  readonly lost: number;
  readonly lossRateUpperBound95: number;
  readonly reloads: number;
  readonly why: readonly string[];
}

/**
 * hitless must lose nothing, and the control must be seen to lose, or the proof proves nothing.
 * What hitless refuses unless it is forced is shown, and proves nothing either.
 */
export function judge(trials: readonly Trial[]): Judgement {
  const hitless = trials.filter(({ spec }) => !isControl(spec) && refusal(spec) === undefined);
  const control = trials.filter(({ spec }) => isControl(spec));
  const sent = sum(hitless, ({ report }) => report.sent);
  const lost = sum(hitless, ({ report }) => report.lost.total);
  const doubtful = hitless.filter(({ report }) => report.verdict === 'inconclusive');
  const controlLost = sum(control, ({ report }) => report.lost.total);
  const why = [
    ...(controlLost === 0 ? ['the control lost nothing'] : []),
    ...doubtful.map((trial) => `${trialLabel(trial.spec)}: ${trial.report.doubts.join(', ')}`),
  ];
  const verdict = lost > 0 ? 'lossy' : why.length > 0 ? 'inconclusive' : 'lossless';
  const reloads = sum(hitless, (trial) => trial.reloads.length);
  return {
    verdict,
    sent,
    lost,
    lossRateUpperBound95: lossRateUpperBound95(lost, sent),
    reloads,
    why,
  };
}

export function isControl({ way }: Trial['spec']): boolean {
  return WAYS[way].control;
}

/** Why hitless would refuse this without `--allow-loss`. */
export function refusal({ way, connections }: Trial['spec']): string | undefined {
  const { refusedFor }: Way = WAYS[way];
  return refusedFor?.[connections];
}

function sum<T>(items: readonly T[], of: (item: T) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
