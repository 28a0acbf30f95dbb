/** Fewer samples than this cannot tell a rate below 3 % from none. */
export const MIN_SAMPLES = 100;
/** Share of the intended requests that must really have been sent. */
export const MIN_SENT_SHARE = 0.95;

export type Verdict = 'lossless' | 'lossy' | 'inconclusive';

/** Why a run without a loss is no proof. */
export type Doubt =
  | 'prober-lagged'
  | 'client-errors'
  | 'undersent'
  | 'unsettled'
  | 'too-few-samples'
  | 'no-reload-ran';

export interface Evidence {
  readonly intended: number;
  /** Arrivals sent, without the connections that `long` opens. */
  readonly sent: number;
  readonly lost: number;
  /** Those of the lost that a late prober could have made up: no answer in time. */
  readonly timedOut: number;
  readonly clientErrors: number;
  readonly unsettled: number;
  readonly lagP99Us: number;
  readonly lagLimitUs: number;
  readonly reloadsWanted: boolean;
  readonly reloadsRun: number;
}

/**
 * A loss is a loss, whatever else is in doubt; the one exception is a lagging prober that saw
 * nothing but time-outs. Without a loss, any doubt makes the run inconclusive.
 */
export function judge(evidence: Evidence): { verdict: Verdict; doubts: readonly Doubt[] } {
  const doubts = doubtsOf(evidence);
  const onlyTimeouts = evidence.lost === evidence.timedOut;
  if (evidence.lost > 0 && !(onlyTimeouts && doubts.includes('prober-lagged'))) {
    return { verdict: 'lossy', doubts };
  }
  return { verdict: doubts.length > 0 ? 'inconclusive' : 'lossless', doubts };
}

function doubtsOf(evidence: Evidence): Doubt[] {
  const doubts: Doubt[] = [];
  if (evidence.lagP99Us > evidence.lagLimitUs) doubts.push('prober-lagged');
  if (evidence.clientErrors > 0) doubts.push('client-errors');
  if (evidence.sent < evidence.intended * MIN_SENT_SHARE) doubts.push('undersent');
  if (evidence.unsettled > 0) doubts.push('unsettled');
  if (evidence.sent < MIN_SAMPLES) doubts.push('too-few-samples');
  if (evidence.reloadsWanted && evidence.reloadsRun === 0) doubts.push('no-reload-ran');
  return doubts;
}
