import type { Plan } from '../reload/plan.js';
import type { PlanResult } from '../reload/run-plan.js';
import { definitionOf, type Step } from '../steps/registry.js';
import { milliseconds, paint, wrap } from './style.js';

/** The plan as people read it: what, why, at what price, step by step. */
export function planText(plan: Plan, columns: number, colour: boolean, withSteps: boolean): string {
  const rows: readonly (readonly [string, string])[] = [
    ...labelled('method', plan.reasons),
    ...plan.losses.map((loss) => ['loses', `${loss.what}: ${loss.because}`] as const),
    ...plan.losses.map((loss) => ['remedy', loss.remedy] as const),
    ...(plan.lostState ?? []).map(
      ({ what, because }) => ['warning', `state that will be lost: ${what}: ${because}`] as const,
    ),
    ...labelled('note', [...(plan.unverified === null ? [] : [plan.unverified]), ...plan.notes]),
    ...(withSteps ? labelled('steps', plan.handOver.map(describe)) : []),
    ...(withSteps ? labelled('then', plan.retire.map(describe)) : []),
  ];
  const lines = rows.map(([label, text]) => {
    const line = wrap(text, columns, label.padEnd(8));
    return label === 'loses' || label === 'warning' ? paint('yellow', line, colour) : line;
  });
  return `${lines.join('\n')}\n`;
}

function describe(step: Step): string {
  return definitionOf(step).describe(step);
}

/** The label stands at the first line only. */
function labelled(label: string, texts: readonly string[]): readonly (readonly [string, string])[] {
  return texts.map((text, at) => [at === 0 ? label : '', text] as const);
}

export function resultText(result: PlanResult, columns: number, colour: boolean): string {
  switch (result.result) {
    case 'unchanged':
      return 'unchanged: the files say so already; nothing was reloaded\n';
    case 'planned':
      return `${wrap('dry run: the configuration is valid, nothing was touched', columns)}\n`;
    case 'applied':
      return `${appliedText(result, colour)}\n`;
    case 'reloaded':
      return `${reloadedText(result, columns, colour)}\n`;
  }
}

function appliedText(result: PlanResult, colour: boolean): string {
  const pids = result.newPids.join(' ');
  return `${paint('green', 'applied', colour)} in ${milliseconds(result.durationMs)} at run time (pid ${pids} stays)`;
}

function reloadedText(result: PlanResult, columns: number, colour: boolean): string {
  const pids = pidsText(result);
  const verdict = losses(result);
  const first = `${paint('green', 'reloaded', colour)} in ${milliseconds(result.durationMs)} by ${result.method ?? ''}${pids}${verdict}${heldText(result)}`;
  if (!result.draining) return first;
  const old = result.oldPids.join(' ');
  if (result.method === 'graceful') {
    return `${first}\n${wrap(`pid ${old} ends with the requests that it has`, columns)}`;
  }
  const draining = `pid ${old} goes on serving the connections it has and ends with them ("hitless status")`;
  return `${first}\n${wrap(draining, columns)}`;
}

function heldText({ heldMs }: PlanResult): string {
  return heldMs === null ? '' : `\nnew connections were held back for ${milliseconds(heldMs)}`;
}

function pidsText({ oldPids, newPids }: PlanResult): string {
  if (newPids.length === 0) return '';
  const from = oldPids.length === 0 ? '' : `${oldPids.join(' ')} → `;
  return ` (pid ${from}${newPids.join(' ')})`;
}

function losses({ plan }: PlanResult): string {
  if (plan !== null && plan.losses.length > 0) return '; losses were allowed';
  return plan?.unverified === null ? '' : '; not shown to be lossless, see above';
}

export function resultDocument(result: PlanResult): unknown {
  return {
    schemaVersion: 1,
    result: result.result,
    method: result.method,
    lossless: result.lossless,
    oldPids: result.oldPids,
    newPids: result.newPids,
    durationMs: Math.round(result.durationMs * 10) / 10,
    heldMs: result.heldMs,
    draining: result.draining,
    run: result.runId,
    plan: result.plan === null ? null : planDocument(result.plan),
  };
}

function planDocument(plan: Plan): unknown {
  const describeStep = (step: Plan['handOver'][number]): unknown => ({
    id: step.id,
    kind: step.kind,
    text: definitionOf(step).describe(step),
  });
  return {
    method: plan.method,
    reasons: plan.reasons,
    losses: plan.losses,
    unverified: plan.unverified,
    lostState: plan.lostState ?? [],
    notes: plan.notes,
    handOver: plan.handOver.map(describeStep),
    retire: plan.retire.map(describeStep),
  };
}
