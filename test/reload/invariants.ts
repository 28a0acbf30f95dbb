import assert from 'node:assert/strict';
import { guardsIn } from '../fakes/guards.js';
import { runtimeValuesOf } from '../fakes/runtime.js';
import { tcLeft } from '../fakes/tc.js';
import { parseKept } from '../../src/haproxy/kept.js';
import type { FakeProcess, World } from '../fakes/world.js';
import {
  CONFIG_PATH,
  leaderOf,
  MIGRATE,
  PID_PATH,
  servingOf,
  STATE_DIR,
  STATES_PATH,
  type Scenario,
} from './scenarios.js';

/** What must be true at every instant, whatever is interrupted. */
export function assertServed(world: World, scenario: Scenario): void {
  if (!scenario.alwaysServed) return;
  for (const local of localsOf(scenario)) {
    assert.ok(world.acceptorsOf(local).length > 0, `nobody accepts on ${local}`);
  }
  assert.deepEqual(world.blackHoles().filter(isPublic), [], 'connections queue for nobody');
  assert.deepEqual(world.resets, [], 'waiting connections were reset');
}

function isPublic(local: string): boolean {
  return !local.startsWith('/run/stats') && !local.startsWith('/run/master');
}

/** Checks after every effect of every hitless, and after all that happens meanwhile. */
export function watch(world: World, scenario: Scenario): () => void {
  const check = (): void => assertServed(world, scenario);
  world.clock.onTask = check;
  return check;
}

/** How a machine must look when everything has been finished or undone. */
export function assertSettled(world: World, scenario: Scenario, oldPid: number): void {
  assert.deepEqual(world.blackHoles(), [], 'connections queue for nobody');
  const serving = servingOf(world);
  for (const local of [...localsOf(scenario), '/run/stats.sock']) {
    const pids = world.acceptorsOf(local).map(({ pid }) => pid);
    assert.deepEqual(pids, [serving.pid], `pids ${pids.join(', ')} accept on ${local}`);
  }
  assert.equal(world.sysctls.get('host')?.get(MIGRATE), '0', 'the sysctl has its former value');
  assert.deepEqual(holdsLeft(world), [], 'nothing of a hold is left');
  if (scenario.supervised === true) assert.notEqual(serving.parentPid, 1, 'the bridge is gone');
  else assert.equal(Number(world.files.text(PID_PATH)), leaderOf(world, serving).pid, 'pid file');
  const text = world.files.text(CONFIG_PATH) ?? '';
  assert.equal(text, serving.haproxy?.config.text, 'the file holds what the serving process read');
  if (scenario.edit) {
    assert.equal(text.includes('leastconn'), serving.pid !== oldPid, 'edit and generation agree');
  }
  assertStates(world, scenario);
  assertKept(world, serving);
  assert.equal(leftovers(world).join(' '), '', `left behind: ${leftovers(world).join(' ')}`);
}

/** The server in maintenance is there still, whoever serves; no file is half written. */
function assertStates(world: World, { states }: Scenario): void {
  if (states === undefined) return;
  const { maint, weight } = runtimeValuesOf(world, servingOf(world)).servers.get('app/b') ?? {};
  assert.deepEqual([maint, weight], [true, 77], 'a state that was set at run time is lost');
  const file = world.files.text(STATES_PATH);
  if (file !== undefined) assert.match(file, /^1\n# be_id .*\n.* a .*\n.* b .*\n$/, 'a torn file');
}

/** What is kept as the configuration of a process is what that process has read, or nothing is. */
function assertKept(world: World, { pid, startTicks, haproxy }: FakeProcess): void {
  const text = world.files.text(`${STATE_DIR}/running/${pid}-${startTicks}`);
  if (text === undefined || text === '') return;
  const kept = parseKept(text, { pid, startTicks });
  const content = kept?.files.map(({ contentBase64 }) => Buffer.from(contentBase64, 'base64'));
  assert.equal(
    Buffer.concat(content ?? []).toString('latin1'),
    haproxy?.config.text,
    'kept as read',
  );
}

/** Files that only a reload in progress may have. */
export function leftovers(world: World): readonly string[] {
  const mine = new Set([
    CONFIG_PATH,
    PID_PATH,
    '/run/stats.sock',
    '/run/web.sock',
    '/run/master.sock',
    STATES_PATH,
  ]);
  return world.files
    .paths()
    .filter((path) => !mine.has(path))
    .filter((path) => !new RegExp(`^${STATE_DIR}/runs/[^/]+/journal$`).test(path))
    .filter((path) => !new RegExp(`^${STATE_DIR}/running/\\d+-\\d+$`).test(path));
}

/** In nft, in traffic control, and among the processes. */
function holdsLeft(world: World): readonly string[] {
  return [
    ...[...world.tables.values()].flatMap((tables) => [...tables.keys()]),
    ...[...world.trafficControl.values()].flatMap(tcLeft),
    ...guardsIn(world).map(({ pid }) => `guard ${pid}`),
  ];
}

function localsOf({ binds }: Scenario): readonly string[] {
  return binds.map((bind) => (bind.startsWith('::1:') ? `[::1]:${bind.slice(4)}` : bind));
}

/** Long enough for all that is under way to end. */
export function settle(world: World): void {
  world.clock.advance(5_000);
}

/** All that a second recovery could change. */
export function snapshot(world: World): unknown {
  return {
    files: world.files
      .paths()
      .map((path) => [path, world.files.text(path), world.files.node(path)?.socket]),
    processes: [...world.processes.values()].filter(({ haproxy }) => haproxy).map(({ pid }) => pid),
    holds: holdsLeft(world),
    sysctls: [...world.sysctls.values()].map((values) => [...values]),
  };
}
