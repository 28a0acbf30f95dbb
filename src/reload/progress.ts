import type { EndResult, JournalRecord } from '../journal/record.js';
import type { Values } from '../steps/definition.js';
import { effectOf } from '../steps/registry.js';
import type { Plan } from './plan.js';

/** Where a run stands, from its journal alone. Pure. */
export interface Progress {
  readonly bootId: string;
  readonly plan: Plan;
  readonly startedMs: number;
  readonly before: ReadonlyMap<string, Values>;
  readonly after: ReadonlyMap<string, Values>;
  /** Begun, whether done or not, and not undone. */
  readonly begun: ReadonlySet<string>;
  readonly handedOver: boolean;
  readonly end: EndResult | undefined;
}

/** Undefined when the plan itself was never written: nothing has happened. */
export function progressOf(records: readonly JournalRecord[]): Progress | undefined {
  const [first, ...rest] = records;
  if (first?.type !== 'plan') return undefined;
  const before = new Map<string, Values>();
  const after = new Map<string, Values>();
  const begun = new Set<string>();
  let handedOver = false;
  let end: EndResult | undefined;
  for (const record of rest) {
    switch (record.type) {
      case 'begin':
        before.set(record.step, record.before);
        begun.add(record.step);
        break;
      case 'done':
        after.set(record.step, record.after);
        begun.add(record.step);
        break;
      case 'not-done':
      case 'undone':
        begun.delete(record.step);
        break;
      case 'handed-over':
        handedOver = true;
        break;
      case 'end':
        end = record.result;
        break;
      case 'plan':
        break;
    }
  }
  // The plan was written by this program; the checksum has vouched for it.
  const plan = first.plan as Plan;
  return {
    bootId: first.bootId,
    plan,
    startedMs: first.atMs,
    before,
    after,
    begun,
    handedOver,
    end,
  };
}

/** From the first final step on a run goes forward; before it, it is undone. */
export function direction(progress: Progress): 'forward' | 'undo' {
  const steps = [...progress.plan.handOver, ...progress.plan.retire];
  const final = steps.some((step) => progress.begun.has(step.id) && effectOf(step) === 'final');
  return final ? 'forward' : 'undo';
}
