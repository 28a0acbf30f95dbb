import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusText } from '../../src/cli/status-text.js';
import type { ClientConnection, Generation, InstanceStatus } from '../../src/reload/generations.js';

const SERVING: Generation = {
  pid: 12,
  role: 'process',
  state: 'serving',
  halted: false,
  ageMs: 1500,
  connections: [],
  retiredBy: null,
};

function client(port: number, changes: Partial<ClientConnection> = {}): ClientConnection {
  const at = { local: '10.0.0.1:80', peer: `10.0.0.9:${port}` };
  return { ...at, unsentBytes: 0, idleMs: 100, ...changes };
}

function draining(changes: Partial<Generation> = {}): Generation {
  const retiredBy = { runId: 'r1', watcherPid: 99, abandoned: false };
  return { ...SERVING, pid: 11, state: 'draining', ageMs: 90_000, retiredBy, ...changes };
}

function show(generations: readonly Generation[], changes: Partial<InstanceStatus> = {}): string {
  const instance: InstanceStatus = {
    mode: 'daemon',
    argv: ['haproxy', '-f', 'a.cfg', '-D'],
    generations,
    abandonedRuns: [],
    ...changes,
  };
  return statusText([instance], 80, false);
}

/** The line of the generation, and what stands under it. */
function lineOf(generation: Generation): string {
  return show([generation]).split('\n').slice(2).join('\n').trimEnd();
}

test('each HAProxy is named by its command line, and each generation has one row', () => {
  assert.deepEqual(show([SERVING, draining({ connections: [client(4242)] })]).split('\n'), [
    'haproxy -f a.cfg -D  (daemon)',
    'PID      STATE          AGE   OPEN  WAITS FOR',
    '12       serving      1.5 s      0',
    '11       draining     1 min      1  10.0.0.9:4242 (idle 100 ms)',
    '',
  ]);
});

test('a master serves nobody: it has no count of connections', () => {
  assert.equal(
    lineOf({ ...SERVING, role: 'master', state: 'leading' }),
    '12       leading      1.5 s',
  );
});

test('a generation that has no client left says so', () => {
  assert.match(lineOf(draining()), /no client any more$/);
  assert.match(lineOf(draining({ state: 'stopping' })), /no client any more$/);
});

test('the three that have been idle for longest are named, the others counted', () => {
  const connections = [100, 900, 5000, 70_000, 300].map((idleMs, at) => client(at + 1, { idleMs }));
  const text = lineOf(draining({ connections })).replace(/\s+/g, ' ');
  assert.match(text, /10\.0\.0\.9:4 \(idle 1 min\), 10\.0\.0\.9:3 \(idle 5\.0 s\), 10\.0\.0\.9:2/);
  assert.match(text, /, 2 more$/);
});

test('a client that takes its answer slowly is told from one that is idle', () => {
  const connections = [client(1, { unsentBytes: 4096 })];
  assert.match(
    lineOf(draining({ connections })).replace(/\s+/g, ' '),
    /10\.0\.0\.9:1 \(takes its answer slowly, 4096 bytes left\)$/,
  );
});

test('a client of a unix socket has no address: the socket is named', () => {
  const connections = [client(1, { peer: '', local: '/run/a.sock', idleMs: null })];
  assert.match(lineOf(draining({ connections })), /a client on \/run\/a\.sock$/);
});

test('a stopped process and one that nobody will stop are told', () => {
  assert.match(
    lineOf({ ...SERVING, halted: true }),
    /it is stopped \(SIGSTOP\?\) and does nothing$/,
  );
  const left = draining({ retiredBy: { runId: 'r1', watcherPid: null, abandoned: true } });
  assert.match(lineOf(left).replace(/\s+/g, ' '), /no client any more; nobody will stop it$/);
});

test('a run that nobody looks after is named with the command that takes it up', () => {
  const text = show([SERVING], { abandonedRuns: ['r1'] });
  assert.match(text, /nobody looks after run r1: "hitless recover" does\n$/);
});

test('no line is wider than the terminal', () => {
  const connections = Array.from({ length: 9 }, (_, at) =>
    client(at, { peer: `[2001:db8::ff00:42:8329]:${50_000 + at}`, unsentBytes: 123_456 }),
  );
  const argv = [
    'haproxy',
    ...Array.from({ length: 20 }, () => ['-f', '/etc/haproxy/a.cfg']).flat(),
  ];
  const lines = show([draining({ connections })], { argv }).split('\n');
  assert.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
});

const AGES: readonly (readonly [ageMs: number, text: string])[] = [
  [0, '0 ms'],
  [999, '999 ms'],
  [1000, '1.0 s'],
  [59_900, '59.9 s'],
  [60_000, '1 min'],
  [3_599_000, '59 min'],
  [3_600_000, '1 h'],
  [86_400_000, '1 d'],
];

test('an age is told in its largest whole unit', () => {
  for (const [ageMs, text] of AGES) {
    assert.ok(lineOf({ ...SERVING, ageMs }).includes(` ${text} `), text);
  }
});

test('several HAProxys are told one after the other', () => {
  const one: InstanceStatus = {
    mode: 'daemon',
    argv: ['a'],
    generations: [SERVING],
    abandonedRuns: [],
  };
  const text = statusText([one, { ...one, argv: ['b'] }], 80, false);
  assert.match(text, /^a {2}\(daemon\)\n.*\n\nb {2}\(daemon\)\n/s);
});
