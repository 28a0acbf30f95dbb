import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { SYN_DROP_TABLE } from '../../src/host/nft-syn-drop.js';
import type { LabNode } from '../../src/lab/node.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { assertNothingLost, KEPT, type LoadSpec, losingNothing, NEW, underLoad } from './load.js';
import {
  assertAsBefore,
  assertOnlyServing,
  assertRefused,
  hitless,
  LIMIT_MS,
  linesOf,
  reloaded,
  servingPid,
  startHitless,
  stateDir,
  stopInLab,
} from './support.js';

let question: QuestionLab;
before(async () => {
  question = await startQuestionLab();
});
after(async () => {
  await question.lab.close();
});

const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/' };
/** How long final ACKs are held back. */
const ACK_DELAY_MS = 1_000;
/** As the promise says: the kernel lifts a hold by itself after this. */
const HOLD_MS = 10_000;

test('syn-drop loses nothing of new and kept connections over IPv4 and IPv6, and leaves no trace', async () => {
  const pid = await losingNothing(question, [NEW, IPV6, KEPT], async () => {
    const one = await reloaded(question, '--method', 'syn-drop');
    const two = await reloaded(question, '--method', 'syn-drop');
    assert.deepEqual([one.method, two.method], ['syn-drop', 'syn-drop']);
    assert.deepEqual([one.lossless, two.oldPids], [true, one.newPids]);
    return two.newPids[0] ?? 0;
  });
  await assertNoTrace();
  await assertAsBefore(question, pid);
});

test('syn-drop makes connections late and loses none, where the old process stands still', async () => {
  const old = await servingPid(question);
  const { reports } = await underLoad(question, [NEW, IPV6], async () => {
    await reloadStalled(question, old);
  });
  for (const report of reports) assertNothingLost(report);
  assert.ok(
    reports.some(({ late }) => late > 0),
    'some SYNs were dropped',
  );
  await assertNoTrace();
});

test('syn-drop waits for final ACKs that are a second away', async () => {
  await delayClient(question.client, ACK_DELAY_MS);
  try {
    await losingNothing(question, [{ ...NEW, rate: 50 }], async () => {
      const outcome = await reloaded(question, '--method', 'syn-drop');
      assert.ok(outcome.durationMs >= ACK_DELAY_MS / 2, `${outcome.durationMs} ms`);
    });
  } finally {
    await question.client.must(['nft', 'delete table inet slow']);
  }
});
