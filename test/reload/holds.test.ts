import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, messageOf } from '../../src/error.js';
import { dropsSyns } from '../fakes/nft-sets.js';
import { plugsSyns } from '../fakes/tc.js';
import type { World } from '../fakes/world.js';
import { assertRecovers } from './after-crash.js';
import { exitCodeOf, runReload } from './runs.js';
import { buildWorld, requestOf, scenarioNamed, servingOf, type Scenario } from './scenarios.js';

const LOCAL = '0.0.0.0:8080';
const LAPSE_MS = 10_000;

const HOLDS = [
  ['syn-drop', (world: World) => dropsSyns(world, 'host', LOCAL)],
  ['syn-hold', (world: World) => plugsSyns(world.tcIn('host'), LOCAL)],
] as const;

for (const [method, isHeld] of HOLDS) {
  const scenario = scenarioNamed(method);

  test(`${method} holds SYNs back from before the new process is there until the old one has closed`, async () => {
    const world = buildWorld(scenario);
    const old = servingOf(world);
    const seen = new Set<string>();
    const look = (): void => {
      const listening = world
        .acceptorsOf(LOCAL)
        .map(({ pid }) => (pid === old.pid ? 'old' : 'new'));
      seen.add(`${listening.join('+')} ${isHeld(world) ? 'held' : 'free'}`);
    };
    const outcome = await runReload(world, scenario, undefined, requestOf(scenario), look);
    assert.equal(exitCodeOf(outcome), 0, messageOf(outcome.error));
    const order = ['old free', 'old held', 'old+new held', 'new held', 'new free'];
    assert.deepEqual([...seen], order);
  });

  test(`${method}: what a killed hitless holds is let go by itself, and recover leaves nothing`, async () => {
    const world = buildWorld(scenario);
    const oldPid = servingOf(world).pid;
    const at = (await runReload(buildWorld(scenario), scenario)).effects.log.findIndex((label) =>
      label.includes('"done","step":"hold"'),
    );
    assert.ok(at > 0);
    await runReload(world, scenario, { kind: 'crash', at: at + 1, mode: 'after' });
    assert.ok(isHeld(world));
    world.clock.advance(LAPSE_MS);
    assert.ok(!isHeld(world));
    await assertRecovers(world, scenario, oldPid);
  });

  test(`${method} is put back when the old process does not empty its queues, and nothing stays held`, async () => {
    const world = buildWorld(scenario);
    const old = servingOf(world);
    world.waiting.set(LOCAL, 1);
    const outcome = await runReload(world, scenario);
    assert.equal(exitCodeOf(outcome), EXIT.putBack);
    assert.match(messageOf(outcome.error), /1 connections wait to be accepted/);
    assert.equal(servingOf(world).pid, old.pid);
    assert.ok(!isHeld(world));
  });
}

async function refusalOf(scenario: Scenario, world: World): Promise<string> {
  const outcome = await runReload(world, scenario);
  assert.equal(exitCodeOf(outcome), EXIT.refused, messageOf(outcome.error));
  return messageOf(outcome.error);
}

test('a hold that cannot be had is put back, for nothing rests upon it yet', async () => {
  const scenario = scenarioNamed('syn-drop');
  const world = buildWorld(scenario);
  const foreign = new Map([['hitless_syn_drop', { sets: new Map<string, Map<string, number>>() }]]);
  // It appears after the method was chosen.
  const look = (): void => void world.tables.set('host', foreign);
  const outcome = await runReload(world, scenario, undefined, requestOf(scenario), () => {
    if (world.files.paths().some((path) => path.endsWith('/journal'))) look();
  });
  assert.equal(exitCodeOf(outcome), EXIT.putBack, messageOf(outcome.error));
  assert.match(messageOf(outcome.error), /not one of hitless/);
});

test('a kernel without the plug is named by the part that it lacks', async () => {
  const scenario = scenarioNamed('syn-hold');
  const world = buildWorld(scenario);
  world.missingModule = 'sch_plug';
  assert.match(await refusalOf(scenario, world), /this kernel has no sch_plug/);
});

test('an nft table of somebody else is refused and left alone', async () => {
  const scenario = scenarioNamed('syn-drop');
  const world = buildWorld(scenario);
  world.tables.set('host', new Map([['hitless_syn_drop', { sets: new Map() }]]));
  assert.match(await refusalOf(scenario, world), /not one of hitless/);
  assert.ok(world.tables.get('host')?.has('hitless_syn_drop'));
});

test('a reload that needs no hold does not look for what one would take', async () => {
  for (const name of ['quiesce', 'fd-pass', 'migrate']) {
    const scenario = scenarioNamed(name);
    const request = { ...requestOf(scenario), method: 'auto' as const };
    const { effects } = await runReload(buildWorld(scenario), scenario, undefined, request);
    assert.deepEqual(
      effects.log.filter((label) => /run (nft|tc|ip|unshare)/.test(label)),
      [],
    );
  }
});

test('auto holds SYNs back where nothing cheaper is lossless', async () => {
  const scenario = scenarioNamed('migrate without admin level');
  for (const [missing, expected] of [
    [undefined, 'syn-hold'],
    ['sch_plug', 'syn-drop'],
  ] as const) {
    const world = buildWorld(scenario);
    world.missingModule = missing;
    world.sysctls.get('host')?.delete('net.ipv4.tcp_migrate_req');
    const request = { ...requestOf(scenario), method: 'auto' as const };
    const outcome = await runReload(world, scenario, undefined, request);
    assert.equal(outcome.result?.method, expected, messageOf(outcome.error));
  }
});
