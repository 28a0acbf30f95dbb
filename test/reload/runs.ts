import { HitlessError, messageOf } from '../../src/error.js';
import { recover, type Recovered } from '../../src/reload/recover.js';
import { reload } from '../../src/reload/reload.js';
import type { PlanResult } from '../../src/reload/run-plan.js';
import type { ReloadRequest } from '../../src/reload/request.js';
import type { Effects, Trouble } from '../fakes/effects.js';
import { startHitless } from '../fakes/fake-host.js';
import type { World } from '../fakes/world.js';
import { watch } from './invariants.js';
import { requestOf, STATE_DIR, type Scenario } from './scenarios.js';

export interface Outcome<T> {
  readonly effects: Effects;
  readonly result: T | undefined;
  readonly error: unknown;
}

/** `hitless reload --wait` in a process of its own. */
export async function runReload(
  world: World,
  scenario: Scenario,
  trouble?: Trouble,
  request: ReloadRequest = requestOf(scenario),
  look: () => void = () => undefined,
): Promise<Outcome<PlanResult>> {
  const hitless = startHitless(world, trouble);
  const check = watch(world, scenario);
  hitless.effects.onEffect = () => {
    check();
    look();
  };
  const options = {
    stateDir: STATE_DIR,
    onEvent: () => undefined,
    dryRun: false,
    wait: true,
    waitLockMs: 0,
    onDraining: async (runId: string) => {
      const drained = await runRecover(world, scenario, undefined, runId);
      if (drained.error !== undefined) throw drained.error;
    },
  };
  const outcome = await settled(reload(hitless.host, request, options));
  hitless.exit();
  return { effects: hitless.effects, ...outcome };
}

/** `hitless recover` in a process of its own. */
export async function runRecover(
  world: World,
  scenario: Scenario,
  trouble?: Trouble,
  runId?: string,
): Promise<Outcome<readonly Recovered[]>> {
  const hitless = startHitless(world, trouble);
  hitless.effects.onEffect = watch(world, scenario);
  const outcome = await settled(
    recover(hitless.host, {
      stateDir: STATE_DIR,
      timeoutMs: 400,
      onEvent: () => undefined,
      ...(runId === undefined ? {} : { runId }),
    }),
  );
  hitless.exit();
  return { effects: hitless.effects, ...outcome };
}

export async function settled<T>(
  work: Promise<T>,
): Promise<{ result: T | undefined; error: unknown }> {
  try {
    return { result: await work, error: undefined };
  } catch (error) {
    return { result: undefined, error };
  }
}

export function exitCodeOf({ error }: Outcome<unknown>): number {
  if (error === undefined) return 0;
  return error instanceof HitlessError ? error.exitCode : -1;
}

/** Says which effect was hit, for a failing assertion. */
export function place({ effects, error }: Outcome<unknown>): string {
  return `${effects.where} (${messageOf(error)})`;
}
