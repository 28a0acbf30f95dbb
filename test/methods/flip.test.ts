import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planFlip } from '../../src/methods/flip.js';
import type { FlipFacts } from '../../src/methods/flip-facts.js';
import { planRolling } from '../../src/methods/rolling.js';

const FACTS: FlipFacts = {
  owner: 'haproxy /a.cfg',
  doors: [{ family: 'ipv4', host: null, port: 80, standbyPort: 18_000, own: true }],
  active: {
    process: { pid: 7, startTicks: 70 },
    ports: [80],
    inodes: [1],
    untracked: false,
    stopSignal: 'SIGUSR1',
    files: [],
    quiesce: { process: { pid: 7, startTicks: 70 }, sockets: ['/stats'], frontends: ['web'] },
  },
  standby: {
    argv: ['haproxy', '-D'],
    cwd: '/',
    user: { uid: 0, gid: 0 },
    like: null,
    environment: null,
    checkArgv: null,
    daemonizes: true,
    logFile: null,
    files: [{ path: '/a.cfg.flip-18000', contentBase64: '', mode: 0o600 }],
    leaves: [],
    token: null,
    stopSignal: 'SIGUSR1',
    health: [],
    sockets: [],
    pidFile: null,
  },
};

test('flip: build, prove, switch, wait until the old has let go, and only then stop it', () => {
  const { handOver, retire } = planFlip({ drainTimeoutMs: 1_000 }, FACTS);
  assert.deepEqual(
    handOver.map(({ id }) => id),
    ['table', 'files', 'start', 'confirm', 'flip', 'confirm-again', 'let-go'],
  );
  assert.deepEqual(
    retire.map(({ id }) => id),
    ['let-go-late', 'let-go-last', 'quiesce', 'quiet', 'stop', 'clear'],
  );
});

test('flip: until clients that were never tracked have gone, nothing is picked up midstream', () => {
  const active = FACTS.active === null ? null : { ...FACTS.active, untracked: true };
  const { handOver, retire } = planFlip({ drainTimeoutMs: 1_000 }, { ...FACTS, active });
  assert.deepEqual(
    handOver.slice(0, 4).map(({ id }) => id),
    ['pick-nothing-up', 'forget', 'table', 'handshakes'],
  );
  assert.deepEqual(
    retire.slice(-3).map(({ id }) => id),
    ['clear', 'no-socket', 'pick-up-again'],
  );
});

test('flip: states of servers are there before a client is led to the next instance', () => {
  const server = {
    server: { backend: 'web', server: 'web1' },
    state: 'maint' as const,
    ...{ weight: null, down: null, healthOff: false, agentOff: false },
    address: null,
  } as const;
  const states = {
    sockets: ['/stats.flip-18000'],
    servers: [server],
    files: [{ path: '/states', contentBase64: '' }],
  };
  const facts = { ...FACTS, standby: { ...FACTS.standby, states } };
  assert.deepEqual(
    planFlip({ drainTimeoutMs: 1_000 }, facts).handOver.map(({ id }) => id),
    [
      ...['table', 'files', 'state-files', 'start', 'confirm'],
      ...['states', 'flip', 'confirm-again', 'let-go'],
    ],
  );
});

test('flip: without a running instance there is nothing to wait for', () => {
  const { handOver, retire } = planFlip({ drainTimeoutMs: 1_000 }, { ...FACTS, active: null });
  assert.equal(handOver.at(-1)?.id, 'confirm-again');
  assert.deepEqual(retire, []);
});

const INSTANCES = [8081, 8082].map((port) => ({ port, health: [], argv: ['reload'] }));
const REQUEST = { spread: 'turns', drainTimeoutMs: 1, cwd: '/', commandTimeoutMs: 1 } as const;

test('rolling: each is out, drained, reloaded, proven and in again before the next is touched', () => {
  const facts = { port: 80, instances: INSTANCES, members: null };
  const { handOver } = planRolling(REQUEST, facts);
  assert.deepEqual(
    handOver.map(({ id }) => id),
    [
      'set-up',
      ...['out-8081', 'drain-8081', 'reload-8081', 'confirm-8081', 'in-8081'],
      ...['out-8082', 'drain-8082', 'reload-8082', 'confirm-8082', 'in-8082'],
    ],
  );
});

test('rolling: one that is out already comes in when it is healthy', () => {
  const facts = { port: 80, instances: INSTANCES, members: [8082] };
  const sets = planRolling(REQUEST, facts).handOver.flatMap((step) =>
    step.kind === 'set-rotation' ? [[step.id, step.members]] : [],
  );
  assert.deepEqual(sets, [
    ['in-8081', [8081, 8082]],
    ['out-8082', [8081]],
    ['in-8082', [8081, 8082]],
  ]);
});
