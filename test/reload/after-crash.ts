import assert from 'node:assert/strict';
import type { World } from '../fakes/world.js';
import { assertSettled, settle, snapshot } from './invariants.js';
import { runRecover, runReload } from './runs.js';
import { requestOf, type Scenario } from './scenarios.js';

/** One recover puts all right, and a second one finds nothing to do. */
export async function assertRecovers(
  world: World,
  scenario: Scenario,
  oldPid: number,
): Promise<void> {
  const recovered = await runRecover(world, scenario);
  if (recovered.error !== undefined) throw recovered.error;
  settle(world);
  assertSettled(world, scenario, oldPid);
  const before = snapshot(world);
  const again = await runRecover(world, scenario);
  assert.deepEqual(again.result, [], 'nothing is left for a second recover');
  assert.deepEqual(snapshot(world), before, 'a second recover changes nothing');
}

/** The next one reloads the files as they are. */
export async function assertNextReloadWorks(world: World, scenario: Scenario): Promise<void> {
  const { edit: _, ...request } = requestOf(scenario);
  const next = await runReload(world, scenario, undefined, request);
  if (next.error !== undefined) throw next.error;
  assert.equal(next.result?.result, 'reloaded');
  settle(world);
  assertSettled(world, { ...scenario, edit: false }, 0);
}
