import type { Plan } from '../reload/plan.js';
import type { ReloadResult } from '../reload/reload.js';
import { definitionOf } from '../steps/registry.js';
import { milliseconds, paint, wrap } from './style.js';

/** The plan as people read it: what, why, at what price, step by step. */
export function planText(plan: Plan, columns: number, colour: boolean): string {
  const lines = [
    ...plan.reasons.map((reason, at) => (at === 0 ? `method  ${reason}` : `        ${reason}`)),
    ...plan.losses.flatMap((loss) => [
      `${paint('yellow', 'loses', colour)}   ${loss.what}: ${loss.because}`,
      `        remedy: ${loss.remedy}`,
    ]),
    ...plan.notes.map((note) => `note    ${note}`),
    ...plan.handOver.map((step, at) => `${at === 0 ? 'steps ' : '      '}  ${definitionOf(step).describe(step)}`),
    ...plan.retire.map((step, at) => `${at === 0 ? 'then  ' : '      '}  ${definitionOf(step).describe(step)}`),
  ];
  return `${lines.map((line) => wrap(line, columns, '          ')).join('\n')}\n`;
}

export function resultText(result: ReloadResult, columns: number, colour: boolean): string {
  switch (result.result) {
    case 'unchanged':
      return 'unchanged: the files say so already; nothing was reloaded\n';
    case 'planned':
      return `${wrap('dry run: the configuration is valid, nothing was touched', columns)}\n`;
    case 'reloaded':
      return `${reloadedText(result, columns, colour)}\n`;
  }
}

function reloadedText(result: ReloadResult, columns: number, colour: boolean): string {
  const pids = `pid ${result.oldPids.join(' ')} → ${result.newPids.join(' ')}`;
  const verdict = result.lossless ? '' : '; losses were allowed';
  const first = `${paint('green', 'reloaded', colour)} in ${milliseconds(result.durationMs)} by ${result.method ?? ''} (${pids})${verdict}`;
  if (!result.draining) return first;
  const draining = `pid ${result.oldPids.join(' ')} goes on serving the connections it has and ends with them ("hitless status")`;
  return `${first}\n${wrap(draining, columns)}`;
}

export function resultDocument(result: ReloadResult): unknown {
  return {
    schemaVersion: 1,
    result: result.result,
    method: result.method,
    lossless: result.lossless,
    oldPids: result.oldPids,
    newPids: result.newPids,
    durationMs: Math.round(result.durationMs * 10) / 10,
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
    notes: plan.notes,
    handOver: plan.handOver.map(describeStep),
    retire: plan.retire.map(describeStep),
  };
}
