import assert from 'node:assert/strict';
import { chown, chmod, lstat, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { askHaproxy } from '../../src/lab/stats-socket.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { startEcho } from '../../src/lab/programs.js';
import type { RunResult } from '../../src/host/node/run.js';
import { KEPT, losingNothing, NEW } from './load.js';
import { assertAsBefore, assertRefused, hitless, outcomeOf, servingPid } from './support.js';

let question: QuestionLab;
let config: string;
before(async () => {
  question = await startQuestionLab({
    adapt: (spec) => ({
      ...spec,
      globalLines: ['# kept: every byte,\tthis tab\t too'],
      backends: [
        ...spec.backends.map((backend) => ({ ...backend, name: 'other' })),
        ...spec.backends.map(({ servers, name }) => ({
          name,
          servers,
          balance: 'roundrobin # why',
        })),
      ],
    }),
  });
  config = question.haproxy.paths.config;
});
after(async () => {
  await question.lab.close();
});

test('changes one word in the file, every other byte kept, and the new process has it', async () => {
  const former = await readFile(config, 'utf8');
  await losingNothing(question, [KEPT, NEW], async () => {
    await assertDone(await set('web', 'leastconn'));
  });
  const text = await readFile(config, 'utf8');
  assert.equal(text, former.replace('balance roundrobin # why', 'balance leastconn # why'));
  assert.equal(await runningBalance('web'), 'leastconn');
  assert.equal(await runningBalance('other'), 'roundrobin');
});

test('keeps CRLF line ends, tabs, mode, owner, and a symlink', async () => {
  const real = `${config}.real`;
  const text = (await readFile(config, 'utf8'))
    .replaceAll('\n', '\r\n')
    .replace('    balance leastconn', '\t balance\t leastconn');
  await rename(config, real);
  await writeFile(real, text);
  await symlink(real, config);
  await chown(real, 1234, 2345);
  await chmod(real, 0o640);
  await assertDone(await set('web', 'source'));
  const expected = text.replace('balance\t leastconn', 'balance\t source');
  assert.equal(await readFile(real, 'utf8'), expected);
  const { mode, uid, gid } = await stat(real);
  assert.deepEqual([mode & 0o7777, uid, gid], [0o640, 1234, 2345]);
  assert.ok((await lstat(config)).isSymbolicLink());
  assert.equal(await runningBalance('web'), 'source');
});

test('takes an algorithm with its arguments', async () => {
  await assertDone(await set('web', 'uri', 'whole'));
  assert.match(await readFile(config, 'utf8'), /balance\t uri whole # why/);
  assert.equal(await runningBalance('web'), 'uri');
  await assertDone(await set('web', 'hdr(Host)'));
  assert.equal(await runningBalance('web'), 'hdr');
});

test('what the file says already changes nothing and reloads nothing', async () => {
  const pid = await servingPid(question);
  const { mtimeMs, ino } = await stat(config);
  const ran = await set('web', 'hdr(Host)');
  assert.equal(ran.code, 0, ran.stderr);
  assert.deepEqual([outcomeOf(ran).result, outcomeOf(ran).newPids], ['unchanged', []]);
  const seen = await stat(config);
  assert.deepEqual([seen.mtimeMs, seen.ino], [mtimeMs, ino]);
  await assertAsBefore(question, pid);
});

const WRONG: readonly (readonly [string, readonly string[], RegExp, RegExp])[] = [
  ['an unknown backend', ['wbe', 'source'], /wbe/, /web/],
  ['an unknown algorithm', ['web', 'leastcon'], /leastcon/, /leastconn/],
];

for (const [what, words, message, hint] of WRONG) {
  test(`${what} is refused with the nearest names, and the file stays`, async () => {
    const pid = await servingPid(question);
    const former = await readFile(config);
    const ran = await set(...words);
    assert.ok(ran.code === 2 || ran.code === 10, `${ran.code} ${ran.stderr}`);
    const { error } = outcomeOf(ran);
    assert.match(error?.message ?? '', message);
    assert.match(`${error?.message} ${error?.hint}`, hint);
    assert.deepEqual(await readFile(config), former);
    await assertAsBefore(question, pid);
  });
}

test('a configuration that is invalid elsewhere is refused, and the file stays', async () => {
  await refusedWith((text) => text.replace('timeout connect', 'timeout conect'), {
    code: 'config-invalid',
    exit: 10,
    message: /haproxy\.cfg:\d+: .*conect/,
    hint: /mend the configuration/,
  });
});

test('a reload that would lose is refused, and the file stays', async () => {
  const ran = { code: 'not-lossless', exit: 10, message: /plain would lose here/, hint: /auto/ };
  await refusedWith((text) => `${text}\n`, ran, '--method', 'plain');
});

test('a reload that fails puts the file back', async () => {
  const former = await refusedWith((text) => text.replace('bind :80', 'bind :80,10.9.9.9:81'), {
    code: 'start-failed',
    exit: 11,
    message: /cannot bind socket/,
    hint: /the old process serves on/,
  });
  assert.match(former, /hdr\(Host\)/);
});

test('a port that is taken is refused, and the file stays', async () => {
  const echo = await startEcho(question.lb, 8099);
  await refusedWith((text) => text.replace('bind :80', 'bind :80\r\n bind :::8099'), {
    code: 'port-taken',
    exit: 10,
    message: /:8099 is taken by pid \d+/,
    hint: /free the address/,
  });
  await echo.process.stop({ signal: 'SIGKILL' });
});

test('an algorithm inherited from defaults is set in the backend itself', async () => {
  const text = (await readFile(config, 'utf8'))
    .replace('defaults\r\n', 'defaults\r\n    balance source\r\n')
    .replace('\t balance\t hdr(Host) # why\r\n', '');
  await writeFile(config, text);
  await assertDone(await set('web', 'leastconn'));
  assert.equal(await runningBalance('web'), 'leastconn');
  assert.equal((await readFile(config, 'utf8')).replace(/^[ \t]*balance leastconn\r\n/m, ''), text);
});

test('of several files the one that holds the backend is changed', async () => {
  const text = await readFile(config, 'utf8');
  const at = text.indexOf('\nbackend web') + 1;
  const [first, second] = [`${question.lb.dir}/a.cfg`, `${question.lb.dir}/b.cfg`];
  await writeFile(first, text.slice(0, at));
  await writeFile(second, text.slice(at));
  const files = ['-f', first, '-f', second];
  await assertDone(await set('web', 'static-rr', ...files));
  assert.equal(await readFile(first, 'utf8'), text.slice(0, at));
  assert.equal(await readFile(second, 'utf8'), text.slice(at).replace('leastconn', 'static-rr'));
  assert.equal(await runningBalance('web'), 'static-rr');
});

async function set(...words: readonly string[]): Promise<RunResult> {
  return await hitless(question, 'set', 'balance', ...words, '--json');
}

async function assertDone(ran: RunResult): Promise<void> {
  assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
  const { result, newPids } = outcomeOf(ran);
  assert.equal(result, 'reloaded');
  await assertAsBefore(question, newPids[0] ?? 0);
}

/** @returns the file as it stayed */
async function refusedWith(
  change: (text: string) => string,
  refusal: Parameters<typeof assertRefused>[1],
  ...words: readonly string[]
): Promise<string> {
  const pid = await servingPid(question);
  const former = await readFile(config, 'utf8');
  const changed = change(former);
  assert.notEqual(changed, former);
  await writeFile(config, changed);
  try {
    await losingNothing(question, [KEPT], async () => {
      assertRefused(await set('web', 'first', ...words), refusal);
    });
    assert.equal(await readFile(config, 'utf8'), changed);
    const beside = await question.lb.must(['ls', '-A', `${question.lb.dir}/haproxy`]);
    assert.doesNotMatch(beside, /hitless/, 'no candidate is left');
  } finally {
    await writeFile(config, former);
  }
  await assertAsBefore(question, pid);
  return former;
}

/** As the running process has it: column `algo` of `show stat`. */
async function runningBalance(backend: string): Promise<string> {
  const { statsSocket } = question.haproxy.paths;
  const text = (await askHaproxy(statsSocket, 'show stat -1 2 -1')) ?? '';
  const [head = '', ...rows] = text.split('\n').map((line) => line.split(','));
  const at = (head as string[]).indexOf('algo');
  return rows.find(([name]) => name === backend)?.[at] ?? '';
}
