import assert from 'node:assert/strict';
import { test } from 'node:test';
import { statusText } from '../../src/cli/status-text.js';
import type { FlipDoorStatus, FlipInstance, FlipStatus } from '../../src/reload/flip-status.js';
import type { ClientConnection, Generation, InstanceStatus } from '../../src/reload/generations.js';
import type { Status } from '../../src/reload/status.js';

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

const NOTHING: Status = { atMs: 0, instances: [], flips: [], services: [], abandonedRuns: [] };

function tell(changes: Partial<Status>, columns = 80): string {
  return statusText({ ...NOTHING, ...changes }, columns, false);
}

function instanceOf(
  generations: readonly Generation[],
  changes: Partial<InstanceStatus> = {},
): InstanceStatus {
  const argv = ['haproxy', '-f', 'a.cfg', '-D'];
  return { mode: 'daemon', argv, generations, abandonedRuns: [], ...changes };
}

function show(generations: readonly Generation[], changes: Partial<InstanceStatus> = {}): string {
  return tell({ instances: [instanceOf(generations, changes)] });
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

test('a client over IPv4 is named so, whatever socket took it', () => {
  const connections = [client(1, { peer: '[::ffff:10.0.0.9]:1', idleMs: null })];
  assert.match(lineOf(draining({ connections })), / 10\.0\.0\.9:1$/);
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
  const text = tell({ instances: [instanceOf([SERVING])], abandonedRuns: ['r1'] });
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
  const one = instanceOf([SERVING], { argv: ['a'] });
  const text = tell({ instances: [one, { ...one, argv: ['b'] }] });
  assert.match(text, /^a {2}\(daemon\)\n.*\n\nb {2}\(daemon\)\n/s);
});

test('nothing that runs is no text', () => {
  assert.equal(tell({}), '');
  assert.equal(tell({ flips: null }), '');
});

const DOOR: FlipDoorStatus = { family: 'ipv4', host: null, port: 80, to: 18_001, pid: 12 };
const FLIPPED: FlipInstance = {
  pid: 12,
  state: 'serving',
  halted: false,
  argv: ['haproxy', '-D', '-f', '/etc/h.cfg.flip-18001'],
  ageMs: 1500,
  ports: [18_001],
  connections: [],
  retiredBy: null,
  waitsFor: null,
  untilMs: null,
  drainTimeoutMs: null,
};
const LEFT: FlipInstance = {
  ...FLIPPED,
  pid: 11,
  state: 'draining',
  argv: ['haproxy', '-D', '-f', '/etc/h.cfg'],
  ageMs: 90_000,
  ports: [80],
  connections: [client(4242)],
  retiredBy: { runId: 'r1', watcherPid: 99, abandoned: false },
  waitsFor: 'clients',
  untilMs: 42_000,
  drainTimeoutMs: 60_000,
};

function flipOf(instances: readonly FlipInstance[], changes: Partial<FlipStatus> = {}): FlipStatus {
  return { owner: 'haproxy /etc/h.cfg', doors: [DOOR], instances, ...changes };
}

/** What is said of an instance beside its row, as one line. */
function saidOf(changes: Partial<FlipInstance>, flip: Partial<FlipStatus> = {}): string {
  const text = tell({ flips: [flipOf([{ ...LEFT, ...changes }], flip)] });
  return text.replace(/\s+/g, ' ').trim();
}

test('a flipped service is told by its doors, and each instance has a row and its command', () => {
  const doors = [DOOR, { ...DOOR, host: '10.0.0.1', port: 443, to: 18_002 }];
  const text = tell({ flips: [flipOf([FLIPPED, LEFT], { doors })] });
  assert.deepEqual(text.split('\n'), [
    'haproxy /etc/h.cfg  (flip)',
    '  port 80 (IPv4) -> port 18001: pid 12',
    '  10.0.0.1:443 -> port 18002: pid 12',
    'PID      STATE          AGE   OPEN  WAITS FOR',
    '12       serving      1.5 s      0',
    '  haproxy -D -f /etc/h.cfg.flip-18001',
    '11       draining     1 min      1  10.0.0.9:4242 (idle 100 ms); will be told to',
    '                                    finish in 42.0 s at the latest (run r1, pid',
    '                                    99 sees to it)',
    '  haproxy -D -f /etc/h.cfg',
    '',
  ]);
});

test('an instance whose last handshakes are awaited says how long its clients may stay', () => {
  const said = saidOf({ waitsFor: 'handshakes', untilMs: 5_000 });
  assert.match(
    said,
    /takes what is on its way for 5\.0 s at most, then keeps its clients for 1 min/,
  );
});

test('an instance that was told to finish says so, also when its run has ended', () => {
  const told = { state: 'stopping', waitsFor: 'end', untilMs: null } as const;
  assert.match(saidOf(told), /told to finish: it ends with its last client \(run r1, pid 99/);
  assert.match(saidOf({ ...told, retiredBy: null }), /it ends with its last client haproxy/);
});

test('an instance that nobody retires is told', () => {
  const retiredBy = { runId: 'r1', watcherPid: null, abandoned: true };
  assert.match(
    saidOf({ retiredBy, untilMs: null }),
    /nobody will tell it to finish \(run r1\) haproxy/,
  );
});

const REMEDIES: readonly (readonly [owner: string, remedy: RegExp])[] = [
  [
    'haproxy /etc/h.cfg /etc/i.cfg',
    /"hitless flip --service haproxy -f \/etc\/h.cfg -f \/etc\/i.cfg"/,
  ],
  ['nginx /etc/nginx/nginx.conf', /start nginx, then "hitless flip --service nginx"/],
  ['apache /etc/apache2/apache2.conf', /start apache, then "hitless flip --service apache"/],
  ['command server', /"hitless flip --port 80 -- PROGRAM {port}"/],
];

for (const [owner, remedy] of REMEDIES) {
  test(`a door of "${owner}" that leads to nobody is told with the command that helps`, () => {
    const text = tell({ flips: [flipOf([], { owner, doors: [{ ...DOOR, pid: null }] })] });
    const [, door] = text.split('\n');
    assert.equal(
      door,
      '  port 80 (IPv4) -> port 18001: nobody listens there, and clients are refused',
    );
    assert.match(text.replace(/\s+/g, ' '), remedy);
    assert.doesNotMatch(text, /PID/, 'there is nobody to list');
  });
}

test('an HAProxy behind the map is told with its doors, and not once more', () => {
  const instances = [instanceOf([SERVING]), instanceOf([{ ...SERVING, pid: 40 }], { argv: ['b'] })];
  const text = tell({ flips: [flipOf([FLIPPED])], instances });
  assert.match(text, /^haproxy \/etc\/h\.cfg {2}\(flip\)\n.*\n\nb {2}\(daemon\)\n/s);
  assert.equal(text.match(/^12 /gm)?.length, 1);
});

test('nginx and Apache are told like generations of HAProxy', () => {
  const master = { ...SERVING, pid: 10, role: 'master', state: 'leading' } as const;
  const old = { ...SERVING, role: 'worker', state: 'stopping', connections: [client(1)] } as const;
  const argv = ['nginx: master process nginx -c a.conf', ''];
  const text = tell({ services: [{ service: 'nginx', argv, generations: [master, old] }] });
  assert.deepEqual(text.split('\n'), [
    'nginx: master process nginx -c a.conf  (nginx)',
    'PID      STATE          AGE   OPEN  WAITS FOR',
    '10       leading      1.5 s',
    '12       stopping     1.5 s      1  10.0.0.9:1 (idle 100 ms)',
    '',
  ]);
});

test('whoever may not look at the map is told that something may be missing', () => {
  const text = tell({ flips: null, instances: [instanceOf([SERVING])] });
  assert.match(text, /only root may see what "hitless flip" has led elsewhere\n$/);
});

test('no line of a flip is wider than the terminal, at 80 columns or at 120', () => {
  const connections = Array.from({ length: 9 }, (_, at) =>
    client(at, { peer: `[2001:db8::ff00:42:8329]:${50_000 + at}`, unsentBytes: 123_456 }),
  );
  const argv = [...LEFT.argv, '-p', '/run/haproxy.pid', '-f', '/etc/haproxy/conf.d', '-q', '-dM'];
  const doors = [{ ...DOOR, family: 'ipv6', host: '2001:db8::ff00:42:8329', pid: null } as const];
  const flips = [flipOf([FLIPPED, { ...LEFT, connections, argv }], { doors })];
  for (const columns of [80, 120]) {
    const wide = tell({ flips }, columns)
      .split('\n')
      .filter((line) => line.length > columns);
    assert.deepEqual(wide, []);
  }
});
