import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import type { RuntimeChange } from '../../src/haproxy/runtime/change.js';
import { describeChange, inverseOf } from '../../src/haproxy/runtime/commands.js';
import { parseShowMap } from '../../src/haproxy/runtime/entries.js';
import { makeChanges } from '../../src/haproxy/runtime/make-changes.js';
import { readBack, readBackAll, wantedValue } from '../../src/haproxy/runtime/read-back.js';
import type { RuntimeConnection } from '../../src/host/host.js';
import { nodeHost } from '../../src/host/node/index.js';
import { makeCertificate } from '../../src/lab/certificate.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { losingNothing, NEW } from './load.js';
import { servingPid } from './support.js';

const host = nodeHost();
const PATIENCE = { timeoutMs: 10_000, clock: host.clock };

let question: QuestionLab;
let map = '';
let acl = '';
let certificate = '';
let connection: RuntimeConnection;

before(async () => {
  question = await startQuestionLab({
    tls: true,
    adapt: (spec) => {
      const dir = dirname(spec.statsSocket);
      [map, acl] = [join(dir, 'hosts.map'), join(dir, 'deny.acl')];
      mkdirSync(dir, { recursive: true });
      writeFileSync(map, 'a.test one\nb.test two words\n');
      writeFileSync(acl, '10.9.9.1\n');
      certificate = /ssl crt (\S+)/.exec(JSON.stringify(spec))?.[1]?.replace(/".*/, '') ?? '';
      const lines = [
        `http-request set-var(txn.to) req.hdr(host),map(${map})`,
        `http-request deny if { src -f ${acl} }`,
      ];
      return {
        ...spec,
        frontends: spec.frontends.map((one) => (one.name === 'www' ? { ...one, lines } : one)),
        backends: spec.backends.map((backend) => ({
          ...backend,
          servers: backend.servers.map((one) => ({ ...one, options: 'check inter 500ms' })),
        })),
      };
    },
  });
  connection = await host.sockets.connect(question.haproxy.paths.statsSocket, 1_000);
  await connection.ask('set timeout cli 600');
});
after(async () => {
  connection?.close();
  await question?.lab.close();
});

function web(server: string): { readonly backend: string; readonly server: string } {
  return { backend: 'web', server };
}

test('every kind of change is made and taken back by one process, read back, and loses nothing', async () => {
  const former = await readFile(certificate, 'utf8');
  const other = await readFile(await makeCertificate(question.lb, 'other.test'), 'utf8');
  const changes: readonly RuntimeChange[] = [
    { kind: 'server', server: web('web1'), attribute: 'weight', before: '1', after: '7' },
    { kind: 'server', server: web('web1'), attribute: 'maxconn', before: '0', after: '900' },
    { kind: 'server', server: web('web1'), attribute: 'check', before: 'on', after: 'off' },
    {
      kind: 'server',
      server: web('web1'),
      attribute: 'address',
      before: '10.77.0.11:80',
      after: '10.77.0.12:80',
    },
    { kind: 'server', server: web('web2'), attribute: 'state', before: 'ready', after: 'drain' },
    { kind: 'server-add', server: web('web3'), words: ['10.77.0.11:80', 'check', 'weight', '3'] },
    { kind: 'map-entry', file: map, key: 'c.test', before: null, after: 'th;ree \\ w' },
    { kind: 'map-entry', file: map, key: 'a.test', before: 'one', after: null },
    { kind: 'map-entry', file: map, key: 'b.test', before: 'two words', after: 'other' },
    { kind: 'acl-entry', file: acl, key: '10.9.9.2', before: null, after: '' },
    { kind: 'certificate', path: certificate, before: former, after: `\n${other}\n\n` },
    { kind: 'frontend-maxconn', frontend: 'www', before: 8000, after: 900 },
    { kind: 'global', setting: 'maxconn', before: 8000, after: 4000 },
    { kind: 'global', setting: 'maxsessrate', before: 0, after: 100_000 },
  ];
  const pid = await servingPid(question);
  await losingNothing(question, [NEW], async () => {
    await make(changes);
    await make(changes);
    await make(changes.map(inverseOf));
  });
  assert.equal(await servingPid(question), pid);
});

async function make(changes: readonly RuntimeChange[]): Promise<void> {
  await makeChanges(connection, changes, PATIENCE);
  const values = await readBackAll(connection, changes);
  for (const [at, change] of changes.entries()) {
    assert.equal(values[at], await wantedValue(change), describeChange(change));
  }
}

test('many entries of a map come into force at once, in the order of the file', async () => {
  const changes = Array.from({ length: 400 }, (_one, at): RuntimeChange => {
    return { kind: 'map-entry', file: map, key: `k${at}`, before: null, after: `v ${at}` };
  });
  await make([
    { kind: 'map-entry', file: map, key: 'b.test', before: null, after: 'kept' },
    ...changes,
  ]);
  const entries = parseShowMap(await connection.ask(`show map ${map}`));
  assert.deepEqual(
    entries.map(({ key }) => key),
    ['b.test', 'a.test', ...changes.map((_one, at) => `k${at}`)],
  );
  await make(changes.map(inverseOf));
  const show = await connection.ask('show map');
  const [, current, next] = /curr_ver=(\d+) next_ver=(\d+)/.exec(show) ?? [];
  assert.equal(current, next, 'nothing that was prepared is left');
});

const REFUSED: readonly (readonly [string, RuntimeChange, RegExp])[] = [
  [
    'a weight above the limit',
    { kind: 'server', server: web('web1'), attribute: 'weight', before: '1', after: '400' },
    /Absolute weight can only be between 0 and 256/,
  ],
  [
    'a server that is not there',
    { kind: 'server', server: web('none'), attribute: 'weight', before: '1', after: '2' },
    /No such server/,
  ],
  [
    'a name without resolvers',
    { kind: 'server', server: web('web1'), attribute: 'fqdn', before: '', after: 'x.test' },
    /no resolution is configured/,
  ],
  [
    'more connections than at the start',
    { kind: 'global', setting: 'maxconn', before: 8000, after: 90_000 },
    /out of range/,
  ],
  [
    'a server with an unknown keyword',
    { kind: 'server-add', server: web('web4'), words: ['10.77.0.11:80', 'nonsense'] },
    /nonsense/,
  ],
];

for (const [what, change, words] of REFUSED) {
  test(`HAProxy refuses ${what}: its own words are passed on`, async () => {
    await assert.rejects(makeChanges(connection, [change], PATIENCE), words);
  });
}

test('a certificate that HAProxy cannot read leaves the former one and no transaction', async () => {
  const former = await readFile(certificate, 'utf8');
  const broken = former.replace(
    /-----BEGIN (EC )?PRIVATE KEY-----/,
    '-----BEGIN PRIVATE KEYS-----',
  );
  const other = await readFile(join(dirname(certificate), 'other.test.cert'), 'utf8');
  for (const content of [
    broken.replace(/[A-Za-z0-9]{20}\n-----END C/, 'AAAA\n-----END C'),
    other,
  ]) {
    const change: RuntimeChange = {
      kind: 'certificate',
      path: certificate,
      before: former,
      after: content,
    };
    await assert.rejects(
      makeChanges(connection, [change], PATIENCE),
      /step-failed|HAProxy did not/,
    );
    assert.equal(await readBack(connection, change), await wantedValue(inverseOf(change)));
    assert.doesNotMatch(await connection.ask('show ssl cert'), /\*/, 'a transaction is left');
  }
});

test('a server that is in use is deleted when its last connection has ended', async () => {
  const added: RuntimeChange = {
    kind: 'server-add',
    server: web('web5'),
    words: ['10.77.0.11:80', 'weight', '256'],
  };
  await losingNothing(question, [NEW], async () => {
    await make([added]);
    await make([inverseOf(added)]);
  });
});

/** Says hello to `prompt` and `show`, then falls silent in the middle of an answer. */
async function halfSocket(path: string, hangUp: boolean): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      if (data.toString().startsWith('prompt')) socket.write('\n> ');
      else {
        socket.write('1\n# be_id be_name srv_id srv_na');
        if (hangUp) socket.end();
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return server;
}

for (const [how, hangUp] of [
  ['falls silent', false],
  ['hangs up', true],
] as const) {
  test(`a socket that answers half and ${how} is an error, never a value`, async () => {
    const path = join(question.lb.dir, `half-${hangUp ? 'end' : 'still'}.sock`);
    const server = await halfSocket(path, hangUp);
    const half = await host.sockets.connect(path, 300);
    const change: RuntimeChange = {
      kind: 'server',
      server: web('web1'),
      attribute: 'weight',
      before: '1',
      after: '2',
    };
    await assert.rejects(makeChanges(half, [change], PATIENCE), /did not answer|closed the conn/);
    // A late answer must not be taken for that of the next command.
    await assert.rejects(half.ask('show info'), /closed the connection/);
    half.close();
    await new Promise((resolve) => server.close(resolve));
  });
}
