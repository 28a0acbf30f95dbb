import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import type { FrontendSpec, HaproxySpec } from '../../src/lab/haproxy-config.js';
import { askHaproxy } from '../../src/lab/stats-socket.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { KEPT, losingNothing, NEW } from './load.js';
import {
  assertAnswers,
  assertAsBefore,
  assertOnlyServing,
  haproxies,
  hitless,
  outcomeOf,
  pidInFile,
  reloaded,
  servingPid,
  startHitless,
} from './support.js';

let question: QuestionLab;
before(async () => {
  question = await startQuestionLab();
});
after(async () => {
  await question.lab.close();
});

test('a dry run says what would happen, exits 0, and touches nothing', async () => {
  const former = await everything();
  const ran = await hitless(question, 'reload', '--dry-run');
  assert.equal(ran.code, 0, ran.stderr);
  assert.match(ran.stdout, /^method {2}quiesce: [^:]*\n {8}not fd-pass: would lose /);
  assert.match(ran.stdout, /idle-close-on-response|idle connections/);
  assert.match(ran.stdout, /^steps {3}.*\n(?: {8}.*\n)+then {4}/m);
  assert.match(ran.stdout, /dry run: the configuration is valid, nothing was touched/);
  assert.equal(ran.stderr, '');
  assert.deepEqual(await everything(), former);
});

test('a dry run with --json prints the plan as one document', async () => {
  const ran = await hitless(question, 'reload', '--dry-run', '--json');
  assert.equal(ran.code, 0, ran.stderr);
  const { result, method, plan, run, newPids } = outcomeOf(ran);
  assert.deepEqual([result, method, run, newPids], ['planned', 'quiesce', null, []]);
  assert.deepEqual(
    plan?.handOver.map(({ kind }) => kind),
    ['open-runtime', 'start-generation', 'confirm-generation', 'quiesce'],
  );
});

test('auto reloads by quiesce where idle clients would be cut, and says so in JSON', async () => {
  const old = await servingPid(question);
  const outcome = await losingNothing(question, [KEPT, NEW], async () => await reloaded(question));
  const { durationMs, run, plan, newPids, ...rest } = outcome;
  assert.deepEqual(rest, {
    schemaVersion: 1,
    result: 'reloaded',
    method: 'quiesce',
    lossless: true,
    oldPids: [old],
    heldMs: null,
    draining: true,
  });
  assert.ok(durationMs > 0);
  assert.match(run ?? '', /^\d{8}T\d{9}-\d+$/);
  assert.match(plan?.reasons.join('\n') ?? '', /not fd-pass: would lose requests of keep-alive/);
  const [pid = 0] = newPids;
  assert.notEqual(pid, old);
  await assertAsBefore(question, pid);
});

test('the text for people names method and pids; progress goes to stderr', async () => {
  const old = await servingPid(question);
  const ran = await hitless(question, 'reload');
  assert.equal(ran.code, 0, ran.stderr);
  const [, from, to] =
    /^reloaded in \d.* by quiesce \(pid (\d+) → (\d+)\)\n/.exec(ran.stdout) ?? [];
  assert.equal(Number(from), old);
  assert.match(ran.stderr, /^method .*quiesce/);
  assert.match(ran.stderr, /✓ start .*haproxy -f /);
  assert.ok(!`${ran.stdout}${ran.stderr}`.includes('\u001b'), 'no colour into a pipe');
  await assertAsBefore(question, Number(to));
});

test('--wait returns only when the old generation has been told to finish', async () => {
  const old = await servingPid(question);
  const outcome = await losingNothing(question, [NEW], async () => {
    const waited = await reloaded(question, '--wait');
    const [pid = 0] = waited.newPids;
    await assertOnlyServing(question, pid);
    return waited;
  });
  assert.deepEqual([outcome.draining, outcome.oldPids], [false, [old]]);
});

test('ten reloads one after another lose nothing, each by a new process that serves', async () => {
  const pids = await losingNothing(question, [KEPT], async () => {
    const seen: number[] = [await servingPid(question)];
    for (let turn = 0; turn < 10; turn += 1) {
      const { oldPids, newPids } = await reloaded(question, '--max-draining', '20');
      assert.deepEqual(oldPids, seen.slice(-1));
      const [pid = 0] = newPids;
      await assertAnswers(question, pid);
      assert.equal(await pidInFile(question.haproxy), pid);
      seen.push(pid);
    }
    return seen;
  });
  assert.equal(new Set(pids).size, 11);
  await assertAsBefore(question, pids.at(-1) ?? 0);
});

test('a process that hitless started is started again with the words of the first one', async () => {
  const pid = await servingPid(question);
  const found = question.lab.processes().find(({ pidInLab }) => pidInLab === pid);
  const words = found?.argv.slice(1) ?? [];
  assert.equal(words.filter((word) => word === '-x').length, 1);
  const { newPids } = await reloaded(question);
  const next = question.lab.processes().find(({ pidInLab }) => pidInLab === newPids[0]);
  assert.deepEqual(next?.argv.slice(1), words);
  await assertAsBefore(question, newPids[0] ?? 0);
});

test('Ctrl-C during a reload ends with 130 and everything put back, or with the reload done', async () => {
  const old = await servingPid(question);
  const code = await losingNothing(question, [KEPT], async () => {
    const child = await startHitless(question, 'reload', '--ndjson');
    child.stdout?.once('data', () => child.kill('SIGINT'));
    return (await child.exited).code;
  });
  if (code === 130) await assertAsBefore(question, old);
  else assert.equal(code, 0);
  const recovered = await hitless(question, 'recover');
  assert.equal(recovered.code, 0, recovered.stderr);
  const { newPids } = await reloaded(question);
  await assertAsBefore(question, newPids[0] ?? 0);
});

test('auto reloads by fd-pass with idle-close-on-response everywhere', async () => {
  const adapt = (spec: HaproxySpec): HaproxySpec => ({
    ...spec,
    frontends: spec.frontends.map((one): FrontendSpec => ({ ...one, idleCloseOnResponse: true })),
  });
  const polite = await startQuestionLab({ adapt });
  try {
    const [first = 0] = haproxies(polite);
    const outcome = await losingNothing(polite, [KEPT, NEW], async () => {
      await reloaded(polite);
      return await reloaded(polite);
    });
    assert.equal(outcome.method, 'fd-pass');
    assert.ok(!outcome.oldPids.includes(first));
    await assertAsBefore(polite, outcome.newPids[0] ?? 0);
  } finally {
    await polite.lab.close();
  }
});

/** All that a reload could touch: files, processes, sockets, kernel parameters, HAProxy's answers. */
async function everything(): Promise<unknown> {
  const { lb, lab, haproxy } = question;
  const places = ['/run', '/var/lib/hitless', lb.dir];
  const find = ['find', ...places, '-printf', '%p %y %m %u %i %T@ %C@ %s\\n'];
  const config = await readFile(haproxy.paths.config);
  return {
    files: (await lb.run(find)).stdout.split('\n').sort(),
    config: createHash('sha256').update(config).digest('hex'),
    processes: lab.processes().map(({ pidInLab, argv }) => [pidInLab, ...argv]),
    sockets: (await lb.must(['ss', '-H', '-a', '-t', '-x', '-n', '-p', '-e'])).split('\n').sort(),
    sysctl: await lb.must(['sysctl', '-a', '--pattern', '^net\\.ipv4\\.tcp_']),
    frontends: /\d/.exec((await askHaproxy(haproxy.paths.statsSocket, 'show cli level')) ?? ''),
  };
}
