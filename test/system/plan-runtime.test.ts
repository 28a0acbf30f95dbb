import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { compareConfigs } from '../../src/haproxy/changes/compare.js';
import { parseText } from '../../src/haproxy/config/document.js';
import { resolve } from '../../src/haproxy/config/resolve.js';
import { commandsFor } from '../../src/haproxy/runtime/commands.js';
import { parseLimits } from '../../src/haproxy/runtime/limits.js';
import { adminState, parseServerStates } from '../../src/haproxy/runtime/server-states.js';
import { parseInfo } from '../../src/haproxy/runtime/answers.js';
import { askHaproxy } from '../../src/lab/stats-socket.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { assertAsBefore, reloaded } from './support.js';

let question: QuestionLab;
let config: string;
let original: string;

before(async () => {
  question = await startQuestionLab({
    adapt: (spec) => ({
      ...spec,
      frontends: spec.frontends.map((frontend) => ({ ...frontend, lines: ['maxconn 4000'] })),
      backends: spec.backends.map((backend) => ({
        ...backend,
        servers: [
          { name: 'web1', address: '10.77.0.11:80', options: 'weight 10 check port 80 inter 1h' },
          { name: 'web2', address: '10.77.0.12:80', options: 'maxconn 50' },
        ],
      })),
    }),
  });
  config = question.haproxy.paths.config;
  original = await readFile(config, 'utf8');
});
after(async () => {
  await question.lab.close();
});

const CHANGES: readonly (readonly [what: string, from: string, to: string])[] = [
  ['a weight', 'weight 10', 'weight 20'],
  ['a weight of 0', 'weight 10', 'weight 0'],
  ['an address and port', '10.77.0.12:80', '10.77.0.11:8080'],
  ['the port of a check', 'port 80', 'port 81'],
  ['a maxconn of a server', 'maxconn 50', 'maxconn 60'],
  ['a maxconn of a server that goes', ' maxconn 50', ''],
  ['a server that is disabled', 'maxconn 50', 'maxconn 50 disabled'],
  ['an added server', 'maxconn 50', 'maxconn 50\n    server web3 10.77.0.11:80 weight 3 maxconn 9'],
  [
    'an added server that is checked',
    'maxconn 50',
    'maxconn 50\n    server web3 10.77.0.11:80 check inter 1h',
  ],
  [
    'an added server that is "enabled"',
    'maxconn 50',
    'maxconn 50\n    server web3 10.77.0.11:80 enabled',
  ],
  [
    'an added server that is "disabled" and then "enabled"',
    'maxconn 50',
    'maxconn 50\n    server web3 10.77.0.11:80 disabled enabled',
  ],
  [
    'an added server that is "enabled" and then "disabled"',
    'maxconn 50',
    'maxconn 50\n    server web3 10.77.0.11:80 enabled disabled',
  ],
  ['a deleted server', '    server web2 10.77.0.12:80 maxconn 50', ''],
  ['a maxconn of a frontend', 'maxconn 4000', 'maxconn 3000'],
  ['the maxconn of the process, lowered', 'global\n    maxconn 8000', 'global\n    maxconn 7000'],
  [
    'rates of the process',
    'global\n',
    'global\n    maxconnrate 9000\n    maxsessrate 8000\n    maxsslrate 7000\n',
  ],
  [
    'several at once',
    'weight 10 check port 80 inter 1h',
    'weight 4 check port 82 inter 1h maxconn 5',
  ],
];

for (const [what, from, to] of CHANGES) {
  test(`at run time as by a reload: ${what}`, async () => {
    assert.ok(original.includes(from));
    const text = original.replace(from, to);
    await atRuntime(text);
    const changed = await state();
    await writeFile(config, text);
    await reloadAlone();
    const fresh = await state();
    await writeFile(config, original);
    await reloadAlone();
    const former = await state();
    assert.deepEqual(changed, fresh);
    assert.notDeepEqual(changed, former, 'the change shows at all');
  });
}

async function atRuntime(text: string): Promise<void> {
  const sides = [original, text].map((one) => resolve([parseText('haproxy.cfg', one)]));
  const [old, now] = sides;
  assert.ok(old !== undefined && now !== undefined);
  const { stdout } = { stdout: (await ask('show info')) ?? '' };
  const changes = compareConfigs(old, now, parseInfo(stdout).get('Version') ?? '');
  assert.ok(changes.length > 0);
  for (const { by, subject } of changes) {
    assert.equal(by.kind, 'runtime', `${subject}: ${by.kind === 'runtime' ? '' : by.because}`);
    if (by.kind !== 'runtime') continue;
    for (const command of by.changes.flatMap(commandsFor)) await ask(command);
  }
}

async function reloadAlone(): Promise<void> {
  const { newPids } = await reloaded(question);
  await assertAsBefore(question, newPids[0] ?? 0);
}

/** What a client or an operator could tell apart; not times, results of checks, and numbers. */
async function state(): Promise<unknown> {
  const servers = parseServerStates((await ask('show servers state')) ?? '').map((one) => ({
    name: `${one.backend}/${one.server}`,
    address: `${one.address}:${one.port}`,
    state: adminState(one),
    weight: one.weight,
    checks: one.checkState & 0x06,
    check: `${one.checkAddress} ${one.checkPort}`,
  }));
  const info = parseInfo((await ask('show info')) ?? '');
  const limits = ['Maxconn', 'ConnRateLimit', 'SessRateLimit', 'SslRateLimit'].map((name) =>
    info.get(name),
  );
  // That of a backend is "fullconn", a tenth of its frontends' maxconn, which counts for servers
  // with a minconn only: plan looks for these.
  const stat = parseLimits((await ask('show stat')) ?? '').filter(
    ({ server }) => server !== 'BACKEND',
  );
  return { servers, limits, stat };
}

async function ask(command: string): Promise<string | undefined> {
  return await askHaproxy(question.haproxy.paths.statsSocket, command);
}
