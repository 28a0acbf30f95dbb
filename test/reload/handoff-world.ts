import assert from 'node:assert/strict';
import { HitlessError, messageOf } from '../../src/error.js';
import type { HandoffRequest, HandoffWork } from '../../src/methods/handoff-facts.js';
import { handoff } from '../../src/reload/handoff.js';
import { recover } from '../../src/reload/recover.js';
import type { Effects, Trouble } from '../fakes/effects.js';
import { startHitless } from '../fakes/fake-host.js';
import type { World } from '../fakes/world.js';
import { buildWorld, scenarioNamed, servingOf, startHaproxy, STATE_DIR } from './scenarios.js';

/** A node with the shared address, two clients connected to it, and one more in its handshake. */
export interface Node {
  readonly world: World;
  /** How often the command has been run. */
  runs: number;
  /** A promise that was broken; undefined as long as all were kept. */
  broken: string | undefined;
}

export const SHARED = '10.0.0.100';
export const TRACK_FILE = '/run/leave';
const SCENARIO = scenarioNamed('fd-pass');
const LEAVE_MS = 150;
const RESTART_MS = 30;
const FLOW_MS = 3_000;

export const RESTART: HandoffWork = {
  kind: 'command',
  argv: ['restart'],
  keepsConnections: false,
  timeoutMs: 5_000,
  healthPath: null,
};

export const FAILOVER: HandoffWork = {
  kind: 'failover',
  trackFile: TRACK_FILE,
  value: '-254',
  fileExists: true,
};

export function buildNode(): Node {
  const world = buildWorld(SCENARIO);
  const node: Node = { world, runs: 0, broken: undefined };
  world.addresses.add(`${SHARED} eth0`).add('10.0.0.21 eth0');
  world.files.write(TRACK_FILE, '0\n');
  const { haproxy } = servingOf(world);
  if (haproxy === undefined) throw new TypeError('no HAProxy');
  haproxy.connections = haproxy.connections.map((one) => ({ ...one, local: `${SHARED}:8080` }));
  world.handshakes = [{ local: `${SHARED}:8080`, peer: '10.0.0.1:3' }];
  world.clock.after(LEAVE_MS, () => {
    haproxy.connections = [];
  });
  world.programs.set('restart', () => restart(node));
  world.clock.onTask = () => look(node);
  return node;
}

/** All that is open is cut, and for a moment nobody listens. */
function restart(node: Node): { code: number; stdout: string; stderr: string } {
  const { world } = node;
  node.runs += 1;
  const serving = servingOf(world);
  if ((serving.haproxy?.connections.length ?? 0) > 0) node.broken ??= 'the command cut clients';
  if (!isDiverting(world)) node.broken ??= 'the command ran while clients came here';
  world.end(serving);
  world.clock.after(RESTART_MS, () => startHaproxy(world, SCENARIO));
  return { code: 0, stdout: '', stderr: '' };
}

export function isDiverting({ diversions, clock }: World): boolean {
  const services = diversions.get('ip hitless_handoff')?.sets.get('services');
  return [...(services?.values() ?? [])].some(({ expiresMs }) => expiresMs > clock.nowMs);
}

/** What must be true at every instant. Clients come, and the peer serves those that go there. */
export function look(node: Node): void {
  const { world } = node;
  const nobody = world.acceptorsOf('0.0.0.0:8080').length === 0;
  if (nobody && !isDiverting(world)) node.broken ??= 'clients came here and nobody listened';
  const moved = !world.addresses.has(`${SHARED} eth0`);
  const flows = world.diversions.get('ip hitless_handoff')?.sets.get('flows');
  const live = flowsUntil.get(node) ?? 0;
  if (flows === undefined && live > world.clock.nowMs && !moved)
    node.broken ??= 'a flow at the peer was cut';
  if (flows === undefined || !isDiverting(world) || moved) return;
  const expiresMs = world.clock.nowMs + FLOW_MS;
  flows.set('10.0.0.1 . 9', { comment: '', expiresMs });
  flowsUntil.set(node, expiresMs);
}

const flowsUntil = new WeakMap<Node, number>();

/** keepalived: gives the address up, unless it does not look at the file. */
export function moveOnRequest(node: Node): void {
  const { world } = node;
  const leaves = world.files.text(TRACK_FILE)?.trim() === '-254';
  if (!leaves || !world.addresses.has(`${SHARED} eth0`)) return;
  if (!isDiverting(world)) node.broken ??= 'the address moved while clients came here';
  world.addresses.delete(`${SHARED} eth0`);
}

export interface Ran {
  readonly effects: Effects;
  readonly error: unknown;
}

export async function runHandoff(
  node: Node,
  work: HandoffWork,
  trouble?: Trouble,
  change: Partial<HandoffRequest> = {},
): Promise<Ran> {
  const request: HandoffRequest = {
    services: [{ address: SHARED, port: 8080 }],
    peers: ['10.0.0.22'],
    device: 'eth0',
    work,
    drainTimeoutMs: 1_000,
    ...change,
  };
  return await as(node, trouble, async (host) => {
    await handoff(host, request, {
      stateDir: STATE_DIR,
      onEvent: () => undefined,
      dryRun: false,
      wait: true,
      waitLockMs: 0,
      timeoutMs: 400,
      onDraining: async () => await Promise.reject(new Error('not asked for')),
    });
  });
}

export async function runRecover(node: Node): Promise<Ran> {
  return await as(node, undefined, async (host) => {
    await recover(host, { stateDir: STATE_DIR, timeoutMs: 400, onEvent: () => undefined });
  });
}

async function as(
  node: Node,
  trouble: Trouble | undefined,
  act: (host: ReturnType<typeof startHitless>['host']) => Promise<void>,
): Promise<Ran> {
  const hitless = startHitless(node.world, trouble);
  hitless.effects.onEffect = () => {
    moveOnRequest(node);
    look(node);
  };
  let error: unknown;
  try {
    await act(hitless.host);
  } catch (thrown) {
    error = thrown;
  }
  hitless.exit();
  return { effects: hitless.effects, error };
}

export function exitCodeOf({ error }: Ran): number {
  if (error === undefined) return 0;
  return error instanceof HitlessError ? error.exitCode : -1;
}

/** As if hitless had never been called, but for what it was called for. */
export function assertClean(node: Node): void {
  const { world } = node;
  assert.equal(node.broken, undefined);
  assert.deepEqual([...world.diversions.keys()], [], 'rules are left');
  assert.equal(world.acceptorsOf('0.0.0.0:8080').length, 1, 'one HAProxy accepts');
  assert.ok(node.runs <= 1, `the command ran ${node.runs} times`);
  const left = world.files.paths().filter((path) => path.startsWith(`${STATE_DIR}/open`));
  assert.deepEqual(left, [], 'a run is left open');
}

export function said({ error }: Ran): string {
  return messageOf(error);
}
