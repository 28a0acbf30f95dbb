import assert from 'node:assert/strict';
import { messageOf } from '../../src/error.js';
import { flip } from '../../src/reload/flip.js';
import type { FlipOptions } from '../../src/reload/flip-request.js';
import { recover, type Recovered } from '../../src/reload/recover.js';
import type { PlanOptions, PlanResult } from '../../src/reload/run-plan.js';
import type { Effects, Trouble } from '../fakes/effects.js';
import { startHitless } from '../fakes/fake-host.js';
import { callHaproxy } from '../fakes/haproxy.js';
import { World } from '../fakes/world.js';
import { CONFIG_PATH, PID_PATH, STATE_DIR } from './scenarios.js';

/** Addresses that clients know. */
export const DOORS = ['0.0.0.0:8080', '127.0.0.1:8443', '[::1]:8081'] as const;
const RANGE = { low: 18_000, high: 18_999 };

export const CONFIG = [
  'global',
  '  stats socket /run/stats.sock mode 600 level admin expose-fd listeners',
  'defaults',
  '  mode http',
  'frontend web',
  '  bind 0.0.0.0:8080',
  '  bind 127.0.0.1:8443',
  '  bind ::1:8081',
  'backend app',
  '  server a 127.0.0.1:9001',
  '',
].join('\n');

/** A machine on which HAProxy has been started as at boot, with a client and a slow handshake. */
export function flipWorld(slowMs = 200): World {
  const world = new World();
  for (const port of [8080, 8443, 8081]) world.publicPorts.add(port);
  world.files.write(CONFIG_PATH, CONFIG);
  const argv = ['/usr/sbin/haproxy', '-D', '-f', CONFIG_PATH, '-p', PID_PATH];
  callHaproxy(world, { argv, env: { PATH: '/usr/bin' } });
  const [{ haproxy } = {}] = world.haproxies();
  haproxy?.connections.push({
    inode: world.newInode(),
    local: '0.0.0.0:8080',
    family: 'ipv4',
    peer: '10.0.0.1:1',
  });
  world.handshakes = [{ local: '10.0.0.9:8080', peer: '10.0.0.1:3' }];
  world.clock.after(slowMs, () => {
    world.handshakes = [];
  });
  return world;
}

export interface FlipOutcome<T> {
  readonly result: T | undefined;
  readonly error: unknown;
  readonly effects: Effects;
  readonly where: string;
}

export async function runFlip(
  world: World,
  trouble?: Trouble,
  changes: Partial<FlipOptions & PlanOptions> = {},
  /** Called after each effect, instead of the look whether all doors are reached. */
  look?: () => void,
): Promise<FlipOutcome<PlanResult>> {
  const request: FlipOptions = {
    service: { kind: 'haproxy', configFiles: [CONFIG_PATH] },
    health: [],
    ports: RANGE,
    drainTimeoutMs: 500,
    ...changes,
  };
  return await asHitless(
    world,
    trouble,
    async (host) =>
      await flip(host, request, {
        stateDir: STATE_DIR,
        timeoutMs: 400,
        onEvent: () => undefined,
        dryRun: false,
        wait: true,
        waitLockMs: 0,
        onDraining: async () => undefined,
        ...changes,
      }),
    look,
  );
}

export async function runRecoverFlip(
  world: World,
  trouble?: Trouble,
): Promise<FlipOutcome<readonly Recovered[]>> {
  return await asHitless(
    world,
    trouble,
    async (host) =>
      await recover(host, { stateDir: STATE_DIR, timeoutMs: 400, onEvent: () => undefined }),
  );
}

async function asHitless<T>(
  world: World,
  trouble: Trouble | undefined,
  work: (host: ReturnType<typeof startHitless>['host']) => Promise<T>,
  look?: () => void,
): Promise<FlipOutcome<T>> {
  const { host, effects, exit } = startHitless(world, trouble);
  const check = look ?? ((): void => assertReached(world));
  effects.onEffect = check;
  world.clock.onTask = check;
  const settled = await work(host).then(
    (result) => ({ result, error: undefined }),
    (error: unknown) => ({ result: undefined, error }),
  );
  exit();
  return { ...settled, effects, where: `${effects.where} (${messageOf(settled.error)})` };
}

/** At every instant each door leads to somebody who accepts, and nobody was reset. */
export function assertReached(world: World): void {
  for (const door of DOORS) {
    const host = door.slice(0, door.lastIndexOf(':'));
    const local = `${host}:${world.portBehind(door)}`;
    assert.ok(world.acceptorsOf(local).length > 0, `${door} leads to ${local}, where nobody is`);
  }
  assert.deepEqual(world.resets, [], 'waiting connections were reset');
}

/** One instance, reached by every door; nothing that belonged to another. */
export function assertOneInstance(world: World): number {
  assertReached(world);
  const pids = world.haproxies().map(({ pid }) => pid);
  assert.equal(pids.length, 1, `HAProxys ${pids.join(', ')}`);
  const port = world.portBehind(DOORS[0]);
  const suffix = port === 8080 ? '' : `.flip-${port}`;
  const own = [`${CONFIG_PATH}${suffix}`, `/run/stats.sock${suffix}`, `${PID_PATH}${suffix}`];
  const mine = new Set([CONFIG_PATH, '/run/stats.sock', PID_PATH, ...own]);
  const left = world.files
    .paths()
    .filter((path) => !mine.has(path))
    .filter((path) => !new RegExp(`^${STATE_DIR}/runs/[^/]+/journal$`).test(path));
  assert.deepEqual(left, [], 'files left behind');
  assert.equal(world.nft.tables.size, port === 8080 ? 0 : 1, 'a table without use');
  const picksUp = world.sysctls.get('host')?.get('net.netfilter.nf_conntrack_tcp_loose');
  assert.equal(picksUp, '1', 'connection tracking picks nothing up any more');
  assert.equal(Number(world.files.text(PID_PATH)), pids[0], 'the pid file names who serves');
  const leadsTo = world.files.node('/run/stats.sock')?.socket;
  const held = world
    .haproxies()[0]
    ?.haproxy.holdings.some(({ socket }) => socket.inode === leadsTo);
  assert.equal(held, true, 'the stats socket leads to who serves');
  return pids[0] ?? 0;
}
