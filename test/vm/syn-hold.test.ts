/**
 * In a guest with a kernel that has sch_plug (scripts/test-vm.mjs): time there is slow and even, so
 * loads are small.
 */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import type { Report } from '../../src/probe/report.js';
import { delayAcks, killWhileHolding, reloadStalled, stalledControl } from '../system/holding.js';
import { assertNothingLost, type LoadSpec, losingNothing, underLoad } from '../system/load.js';
import {
  assertAsBefore,
  assertRefused,
  hitless,
  pidInFile,
  reloaded,
  servingPid,
} from '../system/support.js';

let question: QuestionLab;
before(async () => {
  question = await startQuestionLab();
});
after(async () => {
  await question.lab.close();
});

const SYN_HOLD = ['--method', 'syn-hold'] as const;
const NEW: LoadSpec = { connections: 'new', rate: 30 };
const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/', rate: 30 };
const KEPT: LoadSpec = { connections: 'keep-alive', rate: 30 };
const LOCAL: LoadSpec = { connections: 'new', url: 'http://127.0.0.1/', rate: 30 };

test('control: haproxy -sf loses connections while the old process is stalled', async () => {
  const { reports } = await underLoad(question, [{ ...NEW, rate: 60 }], async () => {
    await stalledControl(question, await pidInFile(question.haproxy));
  });
  const [{ lost }] = reports as [Report];
  assert.ok(lost.reset + lost.refused > 0, JSON.stringify(lost));
});

test('syn-hold loses nothing, from elsewhere and from here, with the old process stalled', async (t) => {
  const here = { ...question, client: question.lb };
  const { reports } = await underLoad(question, [NEW], async () => {
    await losingNothing(here, [LOCAL], async () => {
      await reloadStalled(question, await servingPid(question), ...SYN_HOLD);
    });
  });
  for (const report of reports) {
    t.diagnostic(`${report.url}: ${report.late} late, at most ${report.latencyUs.max / 1000} ms`);
    assertNothingLost(report);
  }
  await assertNoTrace();
  await assertAsBefore(question, await pidInFile(question.haproxy));
});

test('syn-hold waits for final ACKs that are a second away', async () => {
  await losingNothing(question, [IPV6], async () => {
    await delayAcks(question);
    const outcome = await reloaded(question, ...SYN_HOLD);
    assert.deepEqual([outcome.method, outcome.lossless], ['syn-hold', true]);
  });
  await assertNoTrace();
});

test('a guard opens the plug of a hitless that was killed, and the next reload works', async () => {
  const old = await servingPid(question);
  await losingNothing(question, [KEPT], async () => {
    await killWhileHolding(question, 'syn-hold');
    assert.match(await trafficControl(), /plug/, 'the plug is still there, open');
    const outcome = await reloaded(question, ...SYN_HOLD);
    assert.deepEqual(outcome.oldPids, [old]);
  });
  await assertNoTrace();
  await assertAsBefore(question, await pidInFile(question.haproxy));
});

test('what somebody else has set up on an interface is refused and left alone', async () => {
  await question.lb.must(['tc', 'qdisc', 'add', 'dev', 'eth0', 'clsact']);
  assertRefused(await hitless(question, 'reload', '--json', ...SYN_HOLD), {
    exit: 10,
    code: 'method-unusable',
    message: /eth0 has ingress qdiscs that are not those of hitless/,
    hint: /tc qdisc show dev eth0/,
  });
  assert.match(await trafficControl(), /clsact/);
  await question.lb.must(['tc', 'qdisc', 'delete', 'dev', 'eth0', 'clsact']);
});

async function trafficControl(): Promise<string> {
  const qdiscs = await question.lb.must(['tc', 'qdisc', 'show']);
  return qdiscs.replaceAll(/^qdisc noqueue .*\n?/gm, '');
}

/** Nothing in tc or ip, and no process of ours but those of the lab. */
async function assertNoTrace(): Promise<void> {
  assert.equal(await trafficControl(), '');
  assert.equal((await question.lb.run(['ip', 'link', 'show', 'hitless0'])).code, 1);
  const guards = question.lab.processes().filter(({ argv }) => argv[1]?.endsWith('guard.js'));
  assert.deepEqual(guards, []);
}
