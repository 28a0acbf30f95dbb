import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { HaproxySpec } from '../../src/lab/haproxy-config.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { KEPT, losingNothing, NEW } from './load.js';
import {
  assertAsBefore,
  assertOnlyServing,
  awaitHaproxies,
  hitless,
  linesOf,
  pidInFile,
  reloaded,
  servingPid,
  startHitless,
  stateDir,
  sysctl,
} from './support.js';

let question: QuestionLab;
before(async () => {
  const polite = (spec: HaproxySpec): HaproxySpec => ({
    ...spec,
    frontends: spec.frontends.map((one) => ({ ...one, idleCloseOnResponse: true })),
  });
  question = await startQuestionLab({ adapt: polite });
});
after(async () => {
  await question.lab.close();
});

const MIGRATE = 'net.ipv4.tcp_migrate_req';

for (const [method, kills] of [
  ['migrate', 12],
  ['quiesce', 6],
  ['fd-pass', 6],
  ['syn-drop', 10],
] as const) {
  test(`${method} killed anywhere loses nothing, and recover leaves one generation`, async () => {
    await losingNothing(question, [KEPT, NEW], async () => {
      const spanMs = await timeReload(method);
      for (let turn = 0; turn < kills; turn += 1) {
        // The moment of the kill is what is varied; nothing is waited for.
        await killAfter(method, (spanMs * (turn + 0.5)) / kills);
        await assertRecovered(`${method}, killed at ${turn + 0.5}/${kills} of ${spanMs} ms`);
      }
    });
    await assertGoodReload(method);
  });
}

test('migrate killed right at each of its steps is recovered every time', async () => {
  await losingNothing(question, [NEW], async () => {
    for (let event = 1; ; event += 1) {
      const completed = await killAtEvent('migrate', event);
      await assertRecovered(`migrate, killed at event ${event}`);
      if (completed) break;
      assert.ok(event < 40, 'a reload has an end');
    }
  });
  await assertGoodReload('migrate');
});

async function timeReload(method: string): Promise<number> {
  const startedMs = performance.now();
  await reloaded(question, '--method', method);
  const spanMs = performance.now() - startedMs;
  await assertRecovered(method);
  return spanMs;
}

async function killAfter(method: string, delayMs: number): Promise<void> {
  const child = await startHitless(question, 'reload', '--ndjson', '--method', method);
  const timer = setTimeout(() => child.kill('SIGKILL'), delayMs);
  await child.exited;
  clearTimeout(timer);
}

/** @returns whether the reload came to its end before the event */
async function killAtEvent(method: string, event: number): Promise<boolean> {
  const child = await startHitless(question, 'reload', '--ndjson', '--method', method);
  let seen = 0;
  const drained = linesOf(child, () => {
    seen += 1;
    if (seen === event) child.kill('SIGKILL');
  });
  await child.exited;
  await drained;
  return seen < event;
}

/** Exactly one generation, which the pid file names, and nothing left in kernel or state folder. */
async function assertRecovered(when: string): Promise<void> {
  const ran = await hitless(question, 'recover');
  assert.equal(ran.code, 0, `${when}: ${ran.stderr}`);
  const again = await hitless(question, 'recover', '--json');
  assert.equal(again.code, 0, `${when}: ${again.stderr}`);
  assert.equal(await sysctl(question, MIGRATE), '0', when);
  assert.equal(await question.lb.must(['nft', 'list', 'ruleset']), '', when);
  const pid = await pidInFile(question.haproxy);
  await awaitHaproxies(question, [pid]).catch((error: unknown) => {
    throw new Error(`${when}: recover said ${ran.stdout}`, { cause: error });
  });
  await assertOnlyServing(question, pid);
}

async function assertGoodReload(method: string): Promise<void> {
  const old = await servingPid(question);
  const outcome = await losingNothing(question, [KEPT, NEW], async () => {
    return await reloaded(question, '--method', method);
  });
  assert.deepEqual(outcome.oldPids, [old]);
  await assertAsBefore(question, outcome.newPids[0] ?? 0);
  const left = async (): Promise<string> => {
    const folders = ['open', 'locks', 'candidates'].map((name) => `${stateDir(question)}/${name}`);
    return (await question.lb.run(['find', ...folders, '-type', 'f'])).stdout;
  };
  await hitless(question, 'recover');
  assert.equal(await left(), '', 'nothing is left open');
  const links = await question.lb.must(['ls', '-A', `${question.lb.dir}/haproxy`]);
  assert.deepEqual(links.trim().split('\n').sort(), ['haproxy.cfg', 'haproxy.pid', 'stats.sock']);
}
