import { isControl, judge, type Judgement } from './judgement.js';
import type { TrialOutcome } from './outcome.js';
import { trialName } from './spec.js';

/** As {@link judge}; what should have been measured and was not makes it inconclusive, too. */
export function judgeOutcomes(outcomes: readonly TrialOutcome[]): Judgement {
  const trials = outcomes.flatMap((outcome) =>
    outcome.kind === 'measured' ? [outcome.trial] : [],
  );
  const judgement = judge(trials);
  const why = [
    ...(judgement.sent === 0 ? ['hitless was not measured'] : []),
    ...judgement.why,
    ...outcomes.flatMap(whatWentWrong),
  ];
  const isProof = judgement.verdict === 'lossless' && why.length === 0;
  const verdict = judgement.verdict === 'lossy' || isProof ? judgement.verdict : 'inconclusive';
  return { ...judgement, why, verdict };
}

function whatWentWrong(outcome: TrialOutcome): readonly string[] {
  const name = trialName(outcome.spec);
  if (outcome.kind === 'failed') return [`${name}: ${outcome.why}`];
  if (outcome.kind === 'not-measured' || isControl(outcome.spec)) return [];
  const failures = outcome.trial.reloads.filter(({ ok }) => !ok);
  if (failures.length === 0) return [];
  return [`${name}: ${failures.length} reloads failed: ${failures[0]?.said.trim() ?? ''}`];
}
