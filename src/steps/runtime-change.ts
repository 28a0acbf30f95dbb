import { failed, refused } from '../error.js';
import type { RuntimeConnection } from '../host/host.js';
import type { RuntimeChange } from '../haproxy/runtime/change.js';
import { abortFor, describeChange, inverseOf } from '../haproxy/runtime/commands.js';
import { differences, makeChanges, subjectOf } from '../haproxy/runtime/make-changes.js';
import { readBackAll, wantedValue } from '../haproxy/runtime/read-back.js';
import { describeRef, processOf, type ProcessRef, type StepDefinition } from './definition.js';
import { reachableAt } from './spare-link.js';
import type { StepContext } from './definition.js';

/** Changes a running HAProxy through its runtime API: the process stays the same. */
export interface RuntimeChangeStep {
  readonly kind: 'runtime-change';
  readonly id: string;
  readonly process: ProcessRef;
  readonly sockets: readonly string[];
  readonly changes: readonly RuntimeChange[];
}

export const runtimeChange: StepDefinition<RuntimeChangeStep> = {
  effect: 'reversible',
  describe: (step) => {
    const texts = step.changes.slice(0, SHOWN).map(describeChange);
    const more = step.changes.length - texts.length;
    const rest = more > 0 ? `; and ${more} more` : '';
    return `change ${describeRef(step.process)} at run time: ${texts.join('; ')}${rest}`;
  },
  prepare: async (step, context) => {
    const values = await readBackAll(await connectionOf(step, context), step.changes);
    for (const [at, change] of step.changes.entries()) {
      const wrong = await whyNotReversible(change, values[at] ?? null);
      if (wrong === undefined) continue;
      throw refused('config-changed', `${describeChange(change)}: ${wrong}`, {
        subject: subjectOf(change),
        hint: 'look at what HAProxy runs ("hitless plan") and run the command again',
      });
    }
    return { former: values };
  },
  apply: async (step, context) => {
    await makeChanges(await connectionOf(step, context), step.changes, patience(context));
    return undefined;
  },
  verify: async (step, context) => {
    const connection = await connectionOf(step, context);
    const [wrong] = await differences(connection, step.changes);
    return wrong === undefined
      ? undefined
      : `${describeChange(wrong.change)}: HAProxy shows ${wrong.now ?? 'none'}`;
  },
  undo: async (step, context) => {
    const { former } = context.before(step.id);
    const process = processOf(step.process, context);
    // With the process everything is gone that was set in it.
    if (!Array.isArray(former) || !(await context.host.processes.isAlive(process))) return;
    const connection = await connectionOf(step, context);
    const back = await takingBack(connection, step.changes, former as readonly (string | null)[]);
    await makeChanges(connection, back, patience(context));
    // A certificate that was handed over and not committed is not ours to leave there.
    for (const abort of step.changes.map(abortFor)) {
      if (abort !== undefined) await connection.ask(abort);
    }
  },
};

const SHOWN = 4;

async function connectionOf(
  step: RuntimeChangeStep,
  context: StepContext,
): Promise<RuntimeConnection> {
  const process = processOf(step.process, context);
  return await context.runtimes.to(process, reachableAt(step.sockets, context));
}

function patience({ timeoutMs, host }: StepContext): Parameters<typeof makeChanges>[2] {
  return { timeoutMs, clock: host.clock };
}

/** What is not there cannot be changed, and what could not be put back must not be. */
async function whyNotReversible(
  change: RuntimeChange,
  now: string | null,
): Promise<string | undefined> {
  if (now === (await wantedValue(change))) return undefined;
  switch (change.kind) {
    case 'server-add':
      return now === null ? undefined : 'there is a server of that name';
    case 'map-entry':
    case 'acl-entry':
    case 'server-delete':
      return undefined;
    case 'certificate':
    case 'ca-file':
      return now === (await wantedValue(inverseOf(change)))
        ? undefined
        : 'HAProxy has another one than the one that would be put back';
    case 'loaded-certificate':
    case 'crt-list':
      return now === (await wantedValue(inverseOf(change)))
        ? undefined
        : 'HAProxy has something else than what would be put back';
    default:
      return now === null ? 'HAProxy knows no such thing, or it has no value yet' : undefined;
  }
}

/** Only our own changes are taken back: a value that somebody has set since stays. */
async function takingBack(
  connection: RuntimeConnection,
  changes: readonly RuntimeChange[],
  former: readonly (string | null)[],
): Promise<readonly RuntimeChange[]> {
  const values = await readBackAll(connection, changes);
  const back: RuntimeChange[] = [];
  for (const [at, change] of changes.entries()) {
    const [now = null, was = null] = [values[at], former[at]];
    const ours = now === (await wantedValue(change)) || now === 'unfinished';
    if (ours && now !== was) back.push(restoring(change, was));
  }
  return back;
}

function restoring(change: RuntimeChange, former: string | null): RuntimeChange {
  const inverse = inverseOf(change);
  switch (inverse.kind) {
    case 'server':
      if (former === null)
        throw failed('step-failed', `no former value of ${describeChange(change)}`);
      return { ...inverse, after: former };
    case 'map-entry':
    case 'acl-entry':
      return { ...inverse, after: former };
    case 'frontend-maxconn':
    case 'global':
      return { ...inverse, after: Number(former) };
    default:
      return inverse;
  }
}
