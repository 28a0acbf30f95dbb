import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXIT, messageOf } from '../../src/error.js';
import type { World } from '../fakes/world.js';
import { assertServed, assertSettled, leftovers, settle } from './invariants.js';
import { exitCodeOf, runRecover, runReload } from './runs.js';
import {
  buildWorld,
  CONFIG_PATH,
  MIGRATE,
  requestOf,
  scenarioNamed,
  servingOf,
  startHaproxy,
  type Scenario,
} from './scenarios.js';

const DAEMONS = ['fd-pass', 'quiesce, with an edit', 'migrate, with an edit'].map(scenarioNamed);

async function assertPutBack(world: World, scenario: Scenario, code: number): Promise<string> {
  const oldPid = servingOf(world).pid;
  const outcome = await runReload(world, scenario);
  assert.equal(exitCodeOf(outcome), code, messageOf(outcome.error));
  assert.equal(servingOf(world).pid, oldPid);
  settle(world);
  assertSettled(world, scenario, oldPid);
  return messageOf(outcome.error);
}

for (const scenario of DAEMONS) {
  test(`${scenario.name}: a configuration that HAProxy refuses is named and nothing is touched`, async () => {
    const world = buildWorld(scenario);
    const text = `foo\n${world.files.text(CONFIG_PATH) ?? ''}`;
    world.files.write(CONFIG_PATH, text);
    const oldPid = servingOf(world).pid;
    const outcome = await runReload(world, scenario);
    assert.equal(exitCodeOf(outcome), EXIT.refused);
    assert.match(messageOf(outcome.error), /haproxy\.cfg:1: unknown keyword 'foo'/);
    assert.equal(servingOf(world).pid, oldPid);
    assert.equal(world.files.text(CONFIG_PATH), text);
    assert.equal(world.sysctls.get('host')?.get(MIGRATE), '0');
    assert.deepEqual(leftovers(world), []);
  });

  test(`${scenario.name}: a new process that ends at once is put back`, async () => {
    const world = buildWorld(scenario);
    world.startTrouble = 'ends-at-once';
    await assertPutBack(world, scenario, EXIT.putBack);
  });

  test(`${scenario.name}: a new process that takes its time to listen is waited for`, async () => {
    const world = buildWorld(scenario);
    world.startTrouble = 'late';
    const oldPid = servingOf(world).pid;
    const outcome = await runReload(world, scenario);
    assert.equal(exitCodeOf(outcome), 0, messageOf(outcome.error));
    settle(world);
    assertSettled(world, scenario, oldPid);
  });

  test(`${scenario.name}: an address that another program takes meanwhile is put back`, async () => {
    const world = buildWorld(scenario);
    world.files.write('/taken/0.0.0.0:8080', 'by another program');
    const oldPid = servingOf(world).pid;
    const outcome = await runReload(world, scenario);
    assert.equal(exitCodeOf(outcome), EXIT.putBack);
    assert.match(messageOf(outcome.error), /Address already in use/);
    assert.equal(servingOf(world).pid, oldPid);
    world.files.remove('/taken');
    settle(world);
    assertSettled(world, scenario, oldPid);
  });

  test(`${scenario.name}: after a reboot only the record of the run is closed`, async () => {
    const world = buildWorld(scenario);
    await runReload(world, scenario, { kind: 'crash', at: 12, mode: 'after' });
    const text = world.files.text(CONFIG_PATH);
    world.reboot();
    startHaproxy(world, scenario);
    const outcome = await runRecover(world, scenario);
    assert.deepEqual(
      outcome.result?.map((run) => run.outcome),
      ['outdated'],
    );
    assert.equal(world.files.text(CONFIG_PATH), text);
    assert.deepEqual((await runRecover(world, scenario)).result, []);
  });
}

test('a socket that was not passed on although it should have been is put back', async () => {
  // What waits in the new process's own queue is lost when it goes: nobody could know beforehand.
  const scenario = { ...scenarioNamed('fd-pass'), alwaysServed: false };
  const world = buildWorld(scenario);
  world.startTrouble = 'ignores-passed-sockets';
  assert.match(await assertPutBack(world, scenario, EXIT.putBack), /was not passed on/);
});

test('an old process that goes on listening is named, and recover tries it again', async () => {
  const scenario = scenarioNamed('fd-pass');
  const world = buildWorld(scenario);
  const old = servingOf(world);
  old.stuckOnSignals = true;
  const outcome = await runReload(world, scenario);
  assert.equal(exitCodeOf(outcome), EXIT.notPutBack);
  assert.match(messageOf(outcome.error), new RegExp(`pid ${old.pid} goes on listening`));
  old.stuckOnSignals = false;
  assert.equal((await runRecover(world, scenario)).error, undefined);
  settle(world);
  assertSettled(world, scenario, old.pid);
});

for (const name of [
  'master with a socket, with an edit',
  'master without a socket, with an edit',
]) {
  const scenario = scenarioNamed(name);
  test(`${name}: a master that cannot load the configuration keeps its worker, and the edit is taken back`, async () => {
    const world = buildWorld(scenario);
    world.masterRefuses = true;
    await assertPutBack(world, scenario, EXIT.putBack);
  });

  test(`${name}: a run killed while the master refuses is undone`, async () => {
    const world = buildWorld(scenario);
    world.masterRefuses = true;
    const oldPid = servingOf(world).pid;
    const at = (await runReload(buildWorld(scenario), scenario)).effects.log.findIndex((label) =>
      label.startsWith('SIGUSR2'),
    );
    await runReload(world, scenario, { kind: 'crash', at: at + 1, mode: 'after' });
    const recovered = await runRecover(world, scenario);
    assert.equal(recovered.error, undefined, messageOf(recovered.error));
    assert.deepEqual(
      recovered.result?.map((run) => run.outcome),
      ['undone'],
    );
    settle(world);
    assertSettled(world, scenario, oldPid);
  });

  test(`${name}: a master that has reloaded already is not told a second time`, async () => {
    const world = buildWorld(scenario);
    const log = (await runReload(buildWorld(scenario), scenario)).effects.log;
    const at = log.findIndex((label) => label.startsWith('SIGUSR2')) + 1;
    await runReload(world, scenario, { kind: 'crash', at, mode: 'after' });
    world.clock.advance(50);
    const recovered = await runRecover(world, scenario);
    assert.deepEqual(
      recovered.result?.map((run) => run.outcome),
      ['finished'],
    );
    assert.ok(!recovered.effects.log.some((label) => label.startsWith('SIGUSR2')));
  });

  test(`${name}: an older worker that still drains is not taken for the new one`, async () => {
    const world = buildWorld(scenario);
    const { edit: _, ...request } = requestOf(scenario);
    const first = servingOf(world);
    if (first.haproxy !== undefined) first.haproxy.keepsClients = true;
    await runReload(world, scenario, undefined, request);
    const second = servingOf(world);
    const outcome = await runReload(world, scenario, undefined, request);
    assert.equal(outcome.error, undefined, messageOf(outcome.error));
    assert.ok(world.processes.has(first.pid));
    assert.deepEqual(outcome.result?.newPids, [servingOf(world).pid]);
    assert.notEqual(servingOf(world).pid, second.pid);
  });
}

test('the kernel setting is changed in the network namespace of HAProxy and nowhere else', async () => {
  const scenario = scenarioNamed('migrate');
  const world = buildWorld(scenario, 'container');
  const seen: (string | undefined)[] = [];
  const outcome = await runReload(world, scenario, undefined, requestOf(scenario), () => {
    seen.push(world.sysctls.get('container')?.get(MIGRATE));
    assert.equal(world.sysctls.get('host')?.get(MIGRATE), '0');
  });
  assert.equal(outcome.error, undefined, messageOf(outcome.error));
  assert.ok(seen.includes('1'));
  assert.equal(seen.at(-1), '0');
  assertServed(world, scenario);
});
