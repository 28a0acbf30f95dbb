import { refused, type HitlessError } from '../error.js';
import type { Facts } from '../methods/facts.js';
import type { ExpectedLoss, MethodName, PlanMethod } from '../methods/method.js';
import { METHODS } from '../methods/registry.js';
import { chooseMethod, drainLosses, type Choice, type PassedOver } from './plan.js';
import type { ReloadRequest } from './request.js';

type Chosen = Extract<Choice, { kind: 'chosen' }>;

/**
 * The method to use: the one asked for if it is lossless here, or the first that is.
 *
 * @throws HitlessError `not-lossless` or `method-unusable`, both refusals
 */
export function decideMethod(
  request: Pick<ReloadRequest, 'method' | 'allowLoss' | 'drainTimeoutMs'>,
  facts: Facts,
): Chosen {
  const chosen =
    request.method === 'auto'
      ? decideByItself(request.allowLoss, facts)
      : decideAsTold(request.method, request.allowLoss, facts);
  const early = drainLosses(chosen.method, request.drainTimeoutMs, facts);
  refuseLosses(chosen.method, early, request.allowLoss);
  return { ...chosen, losses: [...chosen.losses, ...early] };
}

/**
 * Whether the method that will be chosen may depend on what it takes to hold connections back.
 * Finding that out takes programs and time, which a reload that needs no hold should not spend.
 */
export function needsHoldFacts(method: ReloadRequest['method'], facts: Facts): boolean {
  if (facts.mode !== 'daemon') return false;
  if (method !== 'auto') return HOLDING.includes(method);
  return chooseMethod(facts, false).kind === 'none';
}

const HOLDING: readonly MethodName[] = ['syn-hold', 'syn-drop'];

function decideByItself(allowLoss: boolean, facts: Facts): Chosen {
  const choice = chooseMethod(facts, allowLoss);
  if (choice.kind === 'chosen') return choice;
  const usable = choice.passedOver.filter((entry) => entry.usable);
  throw noneIsLossless(usable.length > 0 ? usable : choice.passedOver, choice.passedOver);
}

function noneIsLossless(worth: readonly PassedOver[], all: readonly PassedOver[]): HitlessError {
  const list = all.map(({ method, because }) => `  ${method}: ${because}`).join('\n');
  const remedies = [...new Set(worth.map(({ remedy }) => remedy))].join('; or ');
  return refused('not-lossless', `no method is lossless here:\n${list}`, {
    hint: `${remedies}; or accept the loss with --allow-loss`,
  });
}

function decideAsTold(method: MethodName, allowLoss: boolean, facts: Facts): Chosen {
  const assessment = METHODS[method].assess(facts);
  if (!assessment.usable) {
    throw refused('method-unusable', `${method} cannot be used here: ${assessment.because}`, {
      subject: method,
      hint: assessment.remedy,
    });
  }
  refuseLosses(method, assessment.losses, allowLoss);
  const reasons = [`${method}: ${METHODS[method].summary} (as asked for)`];
  return { kind: 'chosen', method, reasons, losses: assessment.losses };
}

/** @throws HitlessError `not-lossless` when something would be lost that the user has not allowed */
export function refuseLosses(
  method: PlanMethod,
  losses: readonly ExpectedLoss[],
  allowLoss: boolean,
): void {
  if (losses.length === 0 || allowLoss) return;
  const list = losses.map(({ what, because }) => `  ${what}: ${because}`).join('\n');
  const remedies = losses.map(({ remedy }) => remedy).join('; ');
  throw refused('not-lossless', `${method} would lose here:\n${list}`, {
    subject: method,
    hint: `${remedies}; or accept the loss with --allow-loss`,
  });
}
