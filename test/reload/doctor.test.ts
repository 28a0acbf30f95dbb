import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HitlessError } from '../../src/error.js';
import { examine, fixEdit } from '../../src/reload/doctor.js';
import { gatherDoctorFacts } from '../../src/reload/doctor-facts.js';
import type { DoctorRequest } from '../../src/reload/doctor-request.js';
import { startHitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';
import { runReload } from './runs.js';
import {
  buildWorld,
  CONFIG_PATH,
  configText,
  leaderOf,
  requestOf,
  scenarioNamed,
  servingOf,
  STATE_DIR,
  type Scenario,
} from './scenarios.js';

const REQUEST: DoctorRequest = { service: 'haproxy', target: {}, stateDir: STATE_DIR, only: [] };
const QUIESCE = scenarioNamed('quiesce');
const MASTER = scenarioNamed('master with a socket');

async function checksIn(
  world: World,
  request: DoctorRequest = REQUEST,
): Promise<readonly string[]> {
  return (await examine(startHitless(world).host, request)).map(({ check }) => check);
}

test('looking changes nothing on the machine', async () => {
  const world = buildWorld(QUIESCE);
  const hitless = startHitless(world);
  const pids = [...world.processes.keys()];
  const text = world.files.text(CONFIG_PATH);
  await examine(hitless.host, REQUEST);
  assert.deepEqual([...world.processes.keys()], pids);
  assert.equal(world.files.text(CONFIG_PATH), text);
  const changing = hitless.effects.log.filter(
    (label) => !/^run (\S+ -v|nft --json|tc -j|ip6?tables-save)/.test(label),
  );
  assert.deepEqual(changing, []);
});

test('mode, version, ports and files are those of the running one', async () => {
  const facts = await gatherDoctorFacts(startHitless(buildWorld(MASTER)).host, REQUEST);
  assert.deepEqual([facts.mode, facts.version?.release], ['master-worker', [2, 6, 12]]);
  assert.deepEqual(facts.running?.ports, [8080, 8443]);
  assert.equal(facts.running.failedReloads ?? 0, 0);
  assert.equal(facts.config?.sections.length, 5);
});

test('a reload that failed is found at the master', async () => {
  const world = buildWorld(MASTER);
  const master = leaderOf(world, servingOf(world));
  if (master.haproxy !== undefined) master.haproxy.failedReloads = 2;
  assert.ok((await checksIn(world)).includes('failed-reloads'));
});

test('files are examined with no HAProxy running, and without files that is refused with a hint', async () => {
  const world = new World();
  world.files.write(CONFIG_PATH, `${configText(QUIESCE)}  http-reuse always\n`);
  const checks = await checksIn(world, { ...REQUEST, configFiles: [CONFIG_PATH] });
  assert.ok(checks.includes('server-reuse'));
  await assert.rejects(
    checksIn(world),
    (error) =>
      error instanceof HitlessError &&
      error.code === 'target-not-found' &&
      /-f FILE/.test(error.hint ?? ''),
  );
});

test('a process that runs with other files says nothing about those that are named', async () => {
  const world = buildWorld(MASTER);
  world.files.write('/tmp/other.cfg', 'frontend f\n  mode http\n  bind :81\n');
  const { host } = startHitless(world);
  const { running, mode } = await gatherDoctorFacts(host, {
    ...REQUEST,
    configFiles: ['/tmp/other.cfg'],
  });
  assert.deepEqual([running, mode], [null, null]);
});

test('a state file that is loaded is found by its path, and missed when it is not there', async () => {
  const world = buildWorld(QUIESCE);
  const text = configText(QUIESCE)
    .replace('global\n', 'global\n  server-state-base /var/state\n  server-state-file all\n')
    .replace('  mode http\n', '  mode http\n  load-server-state-from-file global\n');
  world.files.write(CONFIG_PATH, text);
  const { host } = startHitless(world);
  assert.deepEqual(
    (await gatherDoctorFacts(host, REQUEST)).stateFiles.map(({ path, modifiedMs }) => [
      path,
      modifiedMs,
    ]),
    [['/var/state/all', null]],
  );
});

test('the reload that brings a fix counts on what the old process can do', async () => {
  const cutting = (text: string): string => text.replace('  option idle-close-on-response\n', '');
  const outcome = async (scenario: Scenario) => {
    const world = buildWorld(scenario);
    world.files.write(CONFIG_PATH, cutting(configText(scenario)));
    const found = await examine(startHitless(world).host, { ...REQUEST, only: ['idle-close'] });
    const edit = fixEdit(found, () => undefined);
    const request = {
      ...requestOf(scenario),
      method: 'auto',
      drainTimeoutMs: 2_000,
      edit,
    } as const;
    const { result, error } = await runReload(world, scenario, undefined, request);
    const isMended = world.files.text(CONFIG_PATH)?.includes('idle-close-on-response');
    return [result?.method ?? (error as HitlessError).code, isMended];
  };
  assert.deepEqual(await outcome(QUIESCE), ['quiesce', true]);
  assert.deepEqual(await outcome(MASTER), ['not-lossless', false]);
});
