import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { HaproxyRunMode } from '../../src/lab/haproxy.js';
import type { HaproxySpec, ProxyMode } from '../../src/lab/haproxy-config.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { waitFor } from '../../src/host/node/wait.js';
import { KEPT, losingNothing, NEW } from './load.js';
import {
  assertAnswers,
  assertRefused,
  awaitHaproxies,
  hitless,
  LIMIT_MS,
  listenersOn,
  reloaded,
  servingPid,
  stopInLab,
  withConfig,
} from './support.js';

const RUN_MODES: readonly HaproxyRunMode[] = ['master-worker', 'foreground-master'];

for (const haproxyMode of RUN_MODES) {
  describe(`HAProxy with a master, ${haproxyMode}`, () => {
    let question: QuestionLab;
    before(async () => {
      question = await startQuestionLab({ haproxyMode, adapt: adaptTo('http', true) });
    });
    after(async () => {
      await question.lab.close();
    });

    test('reloads by fd-pass with idle-close-on-response and loses nothing', async () => {
      const [master, first] = [await mainPid(question), await servingPid(question)];
      const outcome = await losingNothing(question, [KEPT, NEW], async () => {
        await reloaded(question);
        return await reloaded(question);
      });
      assert.equal(outcome.method, 'fd-pass');
      assert.ok(!outcome.oldPids.includes(first));
      await assertWorker(question, master, outcome.newPids[0] ?? 0);
    });

    test('is found by its master socket and by the pid of its worker', async () => {
      const [master, worker] = [await mainPid(question), await servingPid(question)];
      const bySocket = await reloaded(question, ...masterSocket(question));
      assert.deepEqual(bySocket.oldPids, [worker]);
      const byPid = await reloaded(question, '--pid', String(bySocket.newPids[0]));
      assert.deepEqual(byPid.oldPids, bySocket.newPids);
      await assertWorker(question, master, byPid.newPids[0] ?? 0);
    });

    test('keeps its worker when the configuration is invalid', async () => {
      const former = [await mainPid(question), await servingPid(question)] as const;
      await losingNothing(question, [KEPT], async () => {
        await withConfig(
          question,
          (text) => text.replace('balance', 'balanze'),
          async () => {
            assertRefused(await hitless(question, 'reload', '--json'), {
              exit: 10,
              code: 'config-invalid',
              message: /haproxy\.cfg:\d+: unknown keyword 'balanze'/,
              hint: /nothing was touched/,
            });
          },
        );
      });
      await assertWorker(question, ...former);
    });
  });
}

describe('a master without idle-close-on-response', () => {
  let question: QuestionLab;
  before(async () => {
    question = await startQuestionLab({ haproxyMode: 'master-worker' });
  });
  after(async () => {
    await question.lab.close();
  });

  test('is not reloaded: the reason and the remedy are named, and nothing is lost', async () => {
    const former = [await mainPid(question), await servingPid(question)] as const;
    await losingNothing(question, [KEPT], async () => {
      assertRefused(await hitless(question, 'reload', '--json'), {
        exit: 10,
        code: 'not-lossless',
        message: /fd-pass: would lose requests of keep-alive clients at www \(.*haproxy\.cfg:\d+\)/,
        hint: /set "option idle-close-on-response".*--allow-loss/,
      });
    });
    await assertWorker(question, ...former);
  });

  for (const [method, message] of [
    ['fd-pass', /fd-pass would lose here/],
    ['quiesce', /quiesce cannot be used here: a master tells its old worker to finish/],
    ['migrate', /migrate cannot be used here: a master passes its sockets on by itself/],
    ['plain', /plain cannot be used here/],
  ] as const) {
    test(`refuses --method ${method} and says why`, async () => {
      assertRefused(await hitless(question, 'reload', '--json', '--method', method), {
        exit: 10,
        code: method === 'fd-pass' ? 'not-lossless' : 'method-unusable',
        message,
        hint: /./,
      });
    });
  }

  test('is reloaded with --allow-loss, new connections losing nothing', async () => {
    const master = await mainPid(question);
    const outcome = await losingNothing(question, [NEW], async () => {
      return await reloaded(question, '--allow-loss');
    });
    assert.deepEqual([outcome.method, outcome.lossless], ['fd-pass', false]);
    await assertWorker(question, master, outcome.newPids[0] ?? 0);
  });

  test('that is stopped is reported within the time limit, and nothing is lost', async () => {
    const master = await mainPid(question);
    const worker = await servingPid(question);
    await losingNothing(question, [NEW], async () => {
      const stalled = await stopInLab(question, master);
      try {
        const words = ['reload', '--json', '--allow-loss', '--timeout', '2s'];
        assertRefused(await hitless(question, ...words), {
          exit: 11,
          code: 'master-ignored',
          message: new RegExp(`master \\(pid ${master}\\) has shown no new worker within 2000 ms`),
          hint: /the old worker serves on/,
        });
        assert.equal(await servingPid(question), worker);
      } finally {
        stalled.resume();
      }
    });
    // The signal waits in the kernel: once resumed the master reloads after all.
    const other = async () => ((await question.haproxy.workerPid()) !== worker ? true : undefined);
    assert.ok(await waitFor(other, { timeoutMs: LIMIT_MS }));
    await awaitHaproxies(question, [master, await servingPid(question)]);
  });
});

test('a master in TCP mode is reloaded without any option and loses nothing', async () => {
  const question = await startQuestionLab({
    haproxyMode: 'master-worker',
    adapt: adaptTo('tcp', false),
  });
  try {
    const master = await mainPid(question);
    const outcome = await losingNothing(question, [KEPT, NEW], async () => {
      await reloaded(question);
      return await reloaded(question);
    });
    assert.equal(outcome.method, 'fd-pass');
    await assertWorker(question, master, outcome.newPids[0] ?? 0);
  } finally {
    await question.lab.close();
  }
});

function adaptTo(mode: ProxyMode, idleCloseOnResponse: boolean) {
  return (spec: HaproxySpec): HaproxySpec => ({
    ...spec,
    frontends: spec.frontends.map((frontend) => ({ ...frontend, mode, idleCloseOnResponse })),
    backends: spec.backends.map((backend) => ({ ...backend, mode })),
  });
}

async function mainPid({ haproxy }: QuestionLab): Promise<number> {
  return (await haproxy.mainPid()) ?? 0;
}

function masterSocket({ haproxy }: QuestionLab): readonly string[] {
  return ['--master-socket', haproxy.paths.masterSocket];
}

async function assertWorker(question: QuestionLab, master: number, worker: number): Promise<void> {
  await awaitHaproxies(question, [master, worker]);
  assert.deepEqual(
    (await listenersOn(question.lb, 80)).filter((pid) => pid !== master),
    [worker],
  );
  await assertAnswers(question, worker);
  assert.equal(await mainPid(question), master);
}
