import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { RunResult } from '../../src/host/node/run.js';
import { askHaproxy } from '../../src/lab/stats-socket.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { parseLimits } from '../../src/haproxy/runtime/limits.js';
import { adminState, parseServerStates } from '../../src/haproxy/runtime/server-states.js';
import { KEPT, losingNothing, NEW } from './load.js';
import {
  assertAsBefore,
  assertRefused,
  hitless,
  onTerminal,
  outcomeOf,
  servingPid,
} from './support.js';

let question: QuestionLab;
let config: string;
before(async () => {
  question = await startQuestionLab();
  config = question.haproxy.paths.config;
});
after(async () => {
  await question?.lab.close();
});

async function ask(command: string): Promise<string> {
  return (await askHaproxy(question.haproxy.paths.statsSocket, command)) ?? '';
}

/** What `show servers state` and `show stat` say of web1. */
async function web1(): Promise<string> {
  const state = parseServerStates(await ask('show servers state web')).find(
    ({ server }) => server === 'web1',
  );
  const limits = parseLimits(await ask('show stat web 4 -1'));
  if (state === undefined) return 'absent';
  const maxconn = limits.find(({ server }) => server === 'web1')?.maxconn;
  return `${state.address}:${state.port} ${adminState(state)} ${state.weight} ${maxconn}`;
}

/** By the process that serves, which stays; every other byte of the file is kept. */
const APPLIED: readonly (readonly [readonly string[], string, string, string])[] = [
  [
    ['weight', 'web/web1', '20'],
    '10.77.0.11:80 ready 20 0',
    'web1 10.77.0.11:80',
    'web1 10.77.0.11:80 weight 20',
  ],
  [
    ['maxconn', 'web/web1', '900'],
    '10.77.0.11:80 ready 20 900',
    ' weight 20',
    ' weight 20 maxconn 900',
  ],
  [
    ['addr', 'web/web1', '10.77.0.12:80'],
    '10.77.0.12:80 ready 20 900',
    'web1 10.77.0.11:80',
    'web1 10.77.0.12:80',
  ],
  [
    ['state', 'web/web1', 'maint'],
    '10.77.0.12:80 maint 20 900',
    ' maxconn 900',
    ' maxconn 900 disabled',
  ],
  [['state', 'web/web1', 'ready'], '10.77.0.12:80 ready 20 900', ' disabled', ''],
];

test('values are set by the process that serves, which stays, and the file says the same; nothing is lost', async () => {
  const pid = await servingPid(question);
  await losingNothing(question, [KEPT, NEW], async () => {
    for (const [words, running, from, to] of APPLIED) {
      const former = await readFile(config, 'utf8');
      const ran = await hitless(question, 'set', ...words, '--json');
      assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
      const { result, method, oldPids, newPids } = outcomeOf(ran);
      assert.deepEqual([result, method], ['applied', 'runtime']);
      assert.deepEqual([oldPids, newPids], [[pid], [pid]]);
      assert.equal(await web1(), running);
      assert.equal(await readFile(config, 'utf8'), former.replace(from, to));
    }
  });
  await assertAsBefore(question, pid);
});

test('the next reload says the same', async () => {
  const running = await web1();
  const ran = await hitless(question, 'reload', '--json', '--wait');
  assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
  assert.equal(await web1(), running);
});

test('what is so already changes nothing', async () => {
  const ran = await hitless(question, 'set', 'weight', 'web/web1', '20', '--json');
  assert.equal(outcomeOf(ran).result, 'unchanged');
});

test('a frontend gets another limit', async () => {
  const pid = await servingPid(question);
  const ran = await hitless(question, 'set', 'maxconn', 'www', '900', '--json');
  assert.equal(outcomeOf(ran).result, 'applied', ran.stderr);
  const limits = parseLimits(await ask('show stat www 1 -1'));
  assert.equal(limits[0]?.maxconn, 900);
  assert.match(await readFile(config, 'utf8'), /frontend www\n(?: .*\n)*? +maxconn 900\n/);
  await assertAsBefore(question, pid);
});

test('draining has no form in a file: it is done for the running process alone, and said so', async () => {
  const former = await readFile(config, 'utf8');
  const refused = await hitless(question, 'set', 'state', 'web/web1', 'drain', '--json');
  assert.equal(refused.code, 2);
  assert.match(outcomeOf(refused).error?.hint ?? '', /--runtime-only/);
  const ran = await hitless(question, 'set', 'state', 'web/web1', 'drain', '--runtime-only');
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stderr, /a reload by others forgets/);
  assert.match(await web1(), / drain /);
  await hitless(question, 'set', 'state', 'web/web1', 'ready', '--runtime-only');
  assert.match(await web1(), / ready /);
  assert.equal(await readFile(config, 'utf8'), former);
});

test('a dry run touches nothing', async () => {
  const [former, running] = [await readFile(config, 'utf8'), await web1()];
  const ran = await hitless(question, 'set', 'weight', 'web/web1', '5', '--dry-run');
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /weight 20 → 5/);
  assert.deepEqual([await readFile(config, 'utf8'), await web1()], [former, running]);
});

const WRONG: readonly (readonly [string, readonly string[], string, RegExp])[] = [
  ['an unknown server', ['weight', 'web/wbe1', '2'], 'config-unknown-name', /wbe1/],
  ['an unknown backend', ['weight', 'wbe/web1', '2'], 'config-unknown-name', /wbe/],
  ['a weight above 256', ['weight', 'web/web1', '257'], 'usage', /257/],
  ['a host name', ['addr', 'web/web1', 'example.test:80'], 'usage', /example/],
];

for (const [what, words, code, message] of WRONG) {
  test(`${what} is refused, and nothing is touched`, async () => {
    const [former, running] = [await readFile(config, 'utf8'), await web1()];
    const ran = await hitless(question, 'set', ...words, '--json');
    const exit = code === 'usage' ? 2 : 10;
    assertRefused(ran, { exit, code, message, hint: /./ });
    assert.deepEqual([await readFile(config, 'utf8'), await web1()], [former, running]);
  });
}

test('a file that HAProxy does not accept is refused before the process is told anything', async () => {
  const former = await readFile(config, 'utf8');
  const running = await web1();
  await writeFile(config, former.replace('timeout connect', 'timeout conect'));
  try {
    const ran = await hitless(question, 'set', 'weight', 'web/web1', '3', '--json');
    assertRefused(ran, {
      exit: 10,
      code: 'config-invalid',
      message: /haproxy\.cfg:\d+: .*conect/,
      hint: /mend/,
    });
    assert.equal(await web1(), running);
  } finally {
    await writeFile(config, former);
  }
});

test('what a static algorithm does not take at run time is done by a reload', async () => {
  done(await hitless(question, 'set', 'balance', 'web', 'static-rr', '--wait', '--json'));
  const pid = await servingPid(question);
  const ran = await hitless(question, 'set', 'weight', 'web/web1', '9', '--wait', '--json');
  const { result, newPids, plan } = outcomeOf(ran);
  assert.equal(result, 'reloaded', ran.stderr);
  assert.notEqual(newPids[0], pid);
  assert.match(plan?.reasons.join() ?? '', /static-rr.*is static/);
  assert.match(await web1(), / ready 9 /);
  done(await hitless(question, 'set', 'balance', 'web', 'roundrobin', '--wait', '--json'));
});

test('a new file is applied by the process that serves when all of it can be', async () => {
  const pid = await servingPid(question);
  const text = await readFile(config, 'utf8');
  const wanted = `${question.lb.dir}/haproxy.cfg`;
  await writeFile(
    wanted,
    text.replace(/(server web1 \S+).*/, '$1 weight 4').replace(/(server web2 .*)/, '$1 weight 6'),
  );
  await losingNothing(question, [KEPT, NEW], async () => {
    const ran = await hitless(question, 'apply', wanted, '--json');
    assert.equal(outcomeOf(ran).result, 'applied', ran.stderr);
  });
  await assertAsBefore(question, pid);
  assert.equal(await web1(), '10.77.0.12:80 ready 4 0');
  assert.equal(await readFile(config, 'utf8'), await readFile(wanted, 'utf8'));
  const plan = await hitless(question, 'plan', '--detailed-exitcode');
  assert.equal(plan.code, 0, plan.stdout);
});

test('a new file of which a part needs a reload is loaded by one, and only so', async () => {
  const pid = await servingPid(question);
  const text = await readFile(config, 'utf8');
  const wanted = `${question.lb.dir}/haproxy.cfg`;
  await writeFile(wanted, text.replace('weight 4', 'weight 8').replace('roundrobin', 'leastconn'));
  await losingNothing(question, [KEPT, NEW], async () => {
    const ran = await hitless(question, 'apply', wanted, '--wait', '--json');
    const { result, newPids, plan } = outcomeOf(ran);
    assert.equal(result, 'reloaded', ran.stderr);
    assert.notEqual(newPids[0], pid);
    assert.match(plan?.reasons.join() ?? '', /not runtime: .*algorithm/);
    assert.ok(plan?.handOver.every(({ kind }) => kind !== 'runtime-change'));
  });
  assert.match(await web1(), / ready 8 /);
});

test('a saved plan is carried out, and refused once something has changed', async () => {
  const text = await readFile(config, 'utf8');
  const wanted = `${question.lb.dir}/haproxy.cfg`;
  const saved = `${question.lb.dir}/weights.plan`;
  await writeFile(wanted, text.replace('weight 8', 'weight 10'));
  done(await hitless(question, 'plan', wanted, '--out', saved), false);
  done(await hitless(question, 'set', 'weight', 'web/web2', '3', '--runtime-only'), false);
  const stale = await hitless(question, 'apply', saved, '--json');
  assertRefused(stale, {
    exit: 10,
    code: 'config-changed',
    message: /does not hold/,
    hint: /plan/,
  });
  done(await hitless(question, 'set', 'weight', 'web/web2', '6', '--runtime-only'), false);
  const ran = await hitless(question, 'apply', saved, '--json');
  assert.equal(outcomeOf(ran).result, 'applied', ran.stderr);
  assert.match(await web1(), / ready 10 /);
});

function done(ran: RunResult, reloads = true): void {
  assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
  if (reloads) assert.equal(outcomeOf(ran).result, 'reloaded');
}

test('on a terminal apply shows its plan and asks; without a yes nothing is touched', async () => {
  const pid = await servingPid(question);
  const former = await readFile(config, 'utf8');
  const wanted = `${question.lb.dir}/asked.cfg`;
  await writeFile(wanted, former.replace(/(server web2 \S+).*/, '$1 weight 7'));
  const no = await onTerminal(question, 'no\n', 'apply', wanted);
  assert.equal(no.code, 10, no.stdout);
  assert.match(no.stdout, /web2[^]*7[^]*apply this\? \[y\/N\][^]*nothing was touched/);
  assert.equal(await readFile(config, 'utf8'), former);
  const yes = await onTerminal(question, 'y\n', 'apply', wanted);
  assert.equal(yes.code, 0, yes.stdout);
  assert.match(await readFile(config, 'utf8'), /web2 \S+ weight 7/);
  const back = await hitless(question, 'set', 'weight', 'web/web2', '6');
  assert.equal(back.code, 0, back.stderr);
  await assertAsBefore(question, pid);
});
