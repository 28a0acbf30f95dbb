import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { KEPT, losingNothing, underLoad, type LoadSpec } from './load.js';
import { assertAsBefore, hitless, outcomeOf, servingPid } from './support.js';

let question: QuestionLab;
let config: string;
before(async () => {
  question = await startQuestionLab();
  config = question.haproxy.paths.config;
});
after(async () => {
  await question.lab.close();
});

interface Found {
  readonly result: string;
  readonly findings: readonly {
    readonly check: string;
    readonly severity: string;
    readonly place: { readonly file: string; readonly line: number } | null;
    readonly fixable: boolean;
  }[];
}

async function doctor(
  ...words: readonly string[]
): Promise<Found & { readonly code: number | null }> {
  const ran = await hitless(question, 'doctor', '--json', ...words);
  assert.equal(ran.stderr, '');
  return { ...(JSON.parse(ran.stdout) as Found), code: ran.code };
}

async function lineOf(text: string): Promise<number> {
  return (await readFile(config, 'utf8')).split('\n').findIndex((line) => line.includes(text)) + 1;
}

test("finds what is in the question's lab, each with its place, and exits 1", async () => {
  const { code, result, findings } = await doctor();
  assert.deepEqual([code, result], [1, 'problems']);
  const checks = findings.map(({ check }) => check);
  for (const check of ['idle-close', 'hard-stop-after']) assert.ok(checks.includes(check), check);
  for (const check of [
    'expose-fd',
    'admin-socket',
    'max-reloads',
    'leftover-drop',
    'leftover-plug',
  ]) {
    assert.ok(!checks.includes(check), check);
  }
  const idle = findings.find(({ check }) => check === 'idle-close');
  assert.deepEqual(idle?.place, { file: config, line: await lineOf('frontend www') });
  assert.deepEqual([idle.severity, idle.fixable], ['info', true]);
});

test('what is only worth knowing exits 0', async () => {
  const { code, result, findings } = await doctor('--only', 'idle-close');
  assert.deepEqual([code, result, findings.length], [0, 'good', 1]);
});

test('examines a file with no HAProxy that runs with it', async () => {
  const other = `${question.lb.dir}/other.cfg`;
  await writeFile(other, 'global\n  nbproc 2\nfrontend f\n  mode http\n  bind :81\n');
  const { code, findings } = await doctor('-f', other);
  assert.equal(code, 1);
  const nbproc = findings.find(({ check }) => check === 'nbproc');
  assert.deepEqual([nbproc?.severity, nbproc?.place], ['error', { file: other, line: 2 }]);
});

test('the text stays within 80 columns, without colour into a pipe', async () => {
  const ran = await hitless(question, 'doctor');
  assert.equal(ran.code, 1, ran.stderr);
  assert.ok(!ran.stdout.includes('\u001b'));
  const long = ran.stdout.split('\n').filter((line) => line.length > 80 && !line.includes(config));
  assert.deepEqual(long, []);
});

test('a rule that a dead script left is found, and gone when it is', async () => {
  const listing =
    'table ip left { chain in { type filter hook input priority 0; tcp dport 80 tcp flags & (fin|syn|rst|ack) == syn drop; }; }';
  await question.lb.must(['nft', listing]);
  const { findings } = await doctor('--only', 'leftover-drop');
  await question.lb.must(['nft', 'delete', 'table', 'ip', 'left']);
  assert.equal(findings.length, 1);
  assert.deepEqual((await doctor('--only', 'leftover-drop')).findings, []);
});

test('--fix --dry-run shows the lines and touches nothing', async () => {
  const former = await readFile(config, 'utf8');
  const ran = await hitless(question, 'doctor', '--fix', '--dry-run', '--only', 'idle-close');
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /haproxy\.cfg:\d+\n\+ +option idle-close-on-response\n/);
  assert.match(ran.stdout, /dry run: the configuration is valid, nothing was touched/);
  assert.equal(await readFile(config, 'utf8'), former);
});

const FAST: LoadSpec = { ...KEPT, rate: 1500 };
const RELOADS = 12;

async function reloadByFdPass(): Promise<void> {
  for (let turn = 0; turn < RELOADS; turn += 1) {
    const words = ['--method', 'fd-pass', '--allow-loss', '--max-draining', '40'];
    const ran = await hitless(question, 'reload', '--json', ...words);
    assert.equal(ran.code, 0, ran.stdout);
  }
}

test('reloads by fd-pass lose requests of keep-alive clients before --fix, and none after it', async (t) => {
  const control = await underLoad(question, [FAST], reloadByFdPass);
  const [lossy] = control.reports;
  assert.ok((lossy?.lost.total ?? 0) > 0, 'the control has to lose');
  t.diagnostic(`before: ${lossy?.lost.total} of ${lossy?.sent} lost in ${RELOADS} reloads`);

  await losingNothing(question, [KEPT], async () => {
    const mended = outcomeOf(await hitless(question, 'doctor', '--fix', '--json'));
    assert.deepEqual(
      [mended.result, mended.method, mended.lossless],
      ['reloaded', 'quiesce', true],
    );
  });
  const again = await doctor();
  assert.deepEqual(
    again.findings.filter(({ fixable }) => fixable),
    [],
  );

  const pid = await losingNothing(question, [FAST], async () => {
    await reloadByFdPass();
    return await servingPid(question);
  });
  await assertAsBefore(question, pid);
});

test('a check that there is not is refused, with the one that is meant', async () => {
  const ran = await hitless(question, 'doctor', '--only', 'idle-clsoe');
  assert.equal(ran.code, 2);
  assert.match(ran.stderr, /there is no check "idle-clsoe"[\s\S]*did you mean "idle-close"/);
});
