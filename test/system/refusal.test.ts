import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { startEcho } from '../../src/lab/programs.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { KEPT, losingNothing, NEW } from './load.js';
import {
  assertAsBefore,
  assertRefused,
  awaitHaproxies,
  haproxies,
  hitless,
  outcomeOf,
  pidInFile,
  type Refusal,
  reloaded,
  servingPid,
  stateDir,
  stopInLab,
  sysctl,
  withConfig,
} from './support.js';

let question: QuestionLab;
before(async () => {
  question = await startQuestionLab();
});
after(async () => {
  await question.lab.close();
});

const INVALID: readonly (readonly [string, (text: string) => string, RegExp])[] = [
  [
    'an unknown keyword',
    (text) => text.replace('balance', 'balanze'),
    /haproxy\.cfg:\d+: unknown keyword 'balanze' in 'backend' section/,
  ],
  [
    'a backend that is not there',
    (text) => text.replace('default_backend web', 'default_backend nowhere'),
    /unable to find required default_backend: 'nowhere'/,
  ],
];

for (const [what, change, message] of INVALID) {
  for (const method of ['quiesce', 'migrate']) {
    test(`a configuration with ${what} is refused, and nothing is lost (${method})`, async () => {
      const pid = await servingPid(question);
      await losingNothing(question, [KEPT], async () => {
        await withConfig(question, change, async () => {
          const ran = await hitless(question, 'reload', '--json', '--method', method);
          const hint = /mend the configuration/;
          assertRefused(ran, { exit: 10, code: 'config-invalid', message, hint });
        });
      });
      await assertAsBefore(question, pid);
    });
  }
}

test('a configuration file that is not there is refused', async () => {
  const message = /\/nonexistent\.cfg: there is no such file or folder/;
  const refusal = { exit: 10, code: 'config-unreadable', message, hint: /-f FILE/ };
  await refusedUnderLoad(refusal, 'reload', '-f', '/nonexistent.cfg');
});

test('a port that another program has taken is refused, its owner named', async () => {
  const pid = await servingPid(question);
  const echo = await startEcho(question.lb, 8081);
  await losingNothing(question, [NEW], async () => {
    const addBind = (text: string) => text.replace('bind :80', 'bind :::8081\n    bind :80');
    await withConfig(question, addBind, async () => {
      assertRefused(await hitless(question, 'reload', '--json'), {
        exit: 10,
        code: 'port-taken',
        message: new RegExp(
          `:8081 is taken by pid ${echo.process.pidInLab} \\(.*echo\\.js 8081\\)`,
        ),
        hint: /free the address or change the bind/,
      });
    });
  });
  await echo.process.stop({ signal: 'SIGKILL' });
  await assertAsBefore(question, pid);
});

test('a new process that cannot start is put back, and the old listeners go on', async () => {
  const pid = await servingPid(question);
  await losingNothing(question, [NEW], async () => {
    const addBind = (text: string) => text.replace('bind :80', 'bind 10.9.9.9:81\n    bind :80');
    await withConfig(question, addBind, async () => {
      for (const method of ['quiesce', 'migrate']) {
        assertRefused(await hitless(question, 'reload', '--json', '--method', method), {
          exit: 11,
          code: 'start-failed',
          message: /did not start: .*haproxy\.cfg:\d+\].*cannot bind socket.*10\.9\.9\.9:81/,
          hint: /the old process serves on/,
        });
        await assertAsBefore(question, pid);
      }
    });
  });
  assert.equal(await sysctl(question, 'net.ipv4.tcp_migrate_req'), '0');
});

test('a HAProxy that does not answer is reported within the time limit', async () => {
  const pid = await servingPid(question);
  await losingNothing(question, [KEPT], async () => {
    const stalled = await stopInLab(question, pid);
    try {
      assertRefused(await hitless(question, 'reload', '--json', '--timeout', '2s'), {
        exit: 10,
        code: 'socket-silent',
        message: new RegExp(`HAProxy \\(pid ${pid}\\) does not answer on .*stats\\.sock`),
        hint: /is the process stopped or stuck/,
      });
    } finally {
      stalled.resume();
    }
  });
  await assertAsBefore(question, pid);
});

test('a read-only state folder is refused before anything is touched', async () => {
  const place = await mount('read-only', 'ro,size=64k');
  const refusal = {
    exit: 10,
    code: 'journal-unwritable',
    message: new RegExp(`cannot write ${place}/`),
    hint: /--state-dir/,
  };
  await refusedUnderLoad(refusal, 'reload', '--state-dir', place);
});

test('a state folder on a full disk is refused before anything is touched', async () => {
  const place = await mount('full', 'size=16k');
  await question.lb.run(['dd', 'if=/dev/zero', `of=${place}/filler`, 'bs=4k', 'count=8']);
  const refusal = {
    exit: 10,
    code: 'journal-unwritable',
    message: new RegExp(`cannot write ${place}/`),
    hint: /free some space/,
  };
  await refusedUnderLoad(refusal, 'reload', '--state-dir', place);
});

test('a disk that fills up during a reload leaves one generation, and nothing is lost', async () => {
  const seen = new Set<number | null>();
  await losingNothing(question, [NEW], async () => {
    for (let pages = 1; pages <= 9; pages += 1) {
      const old = await servingPid(question);
      const place = await mount(`filling-${pages}`, `size=${pages * 4}k`);
      const ran = await hitless(question, 'reload', '--json', '--wait', '--state-dir', place);
      seen.add(ran.code);
      const { newPids, error } = outcomeOf(ran);
      if (ran.code === 0) await assertAsBefore(question, newPids[0] ?? 0);
      else if (ran.code === 12) await recoverWithRoom(place);
      else {
        assert.ok(ran.code === 10 || ran.code === 11, ran.stderr);
        assert.match(`${error?.message}${error?.hint}`, /space|ENOSPC/);
        await assertAsBefore(question, old);
      }
      assert.equal(haproxies(question).length, 1);
    }
  });
  assert.ok(seen.has(0) && seen.has(10), `exit codes ${[...seen].join(' ')}`);
});

test('too many draining generations are refused while a client stays', async () => {
  const tunnel = await question.client.start(['bash', '-c', STAYING_CLIENT], {
    name: 'staying',
    stdio: 'pipe',
  });
  await new Promise((resolve) => tunnel.stdout?.once('data', resolve));
  const first = await servingPid(question);
  const pid = await losingNothing(question, [NEW], async () => {
    const { newPids } = await reloaded(question);
    const ran = await hitless(
      question,
      'reload',
      '--json',
      '--max-draining',
      '1',
      '--timeout',
      '2s',
    );
    assertRefused(ran, {
      exit: 10,
      code: 'too-many-generations',
      message: /1 old generations? (is|are) still draining/,
      hint: /hitless status.*--max-draining/,
    });
    return newPids[0] ?? 0;
  });
  assert.deepEqual(haproxies(question), [first, pid]);
  await tunnel.stop({ signal: 'SIGKILL' });
  await assertAsBefore(question, pid);
});

test('of ten reloads at once each is done or told to wait, and one generation is left', async () => {
  const codes = await losingNothing(question, [KEPT], async () => {
    const ten = Array.from({ length: 10 }, async () => await hitless(question, 'reload', '--json'));
    return await Promise.all(ten);
  });
  for (const ran of codes) {
    if (ran.code === 0) continue;
    const message = /another run( \(pid \d+\))? is reloading here/;
    assertRefused(ran, { exit: 75, code: 'locked', message, hint: /--wait-lock/ });
  }
  assert.ok(codes.some(({ code }) => code === 0));
  const last = await pidInFile(question.haproxy);
  await assertAsBefore(question, last);
});

test('reloads that wait for the lock are all done, one after another', async () => {
  const [first] = haproxies(question);
  await losingNothing(question, [KEPT], async () => {
    const words = ['reload', '--json', '--wait-lock', '60s'];
    const six = Array.from({ length: 6 }, async () => await hitless(question, ...words));
    for (const ran of await Promise.all(six)) assert.equal(ran.code, 0, ran.stderr);
  });
  const last = await pidInFile(question.haproxy);
  assert.notEqual(last, first);
  await awaitHaproxies(question, [last]);
});

test('a process that the lock outlived does not keep it', async () => {
  const dead = JSON.stringify({ pid: 999_999, startTicks: 1, bootId: await bootId() });
  await question.lb.must(['mkdir', '-p', `${stateDir(question)}/locks`]);
  await writeFile(`${stateDir(question)}/locks/reload`, dead);
  const { newPids } = await reloaded(question);
  await assertAsBefore(question, newPids[0] ?? 0);
});

/** Has had one answer, and is in the middle of its next request. */
const STAYING_CLIENT = `
exec 3<>/dev/tcp/10.77.0.1/80
printf 'GET / HTTP/1.1\\r\\nHost: lab\\r\\n\\r\\nGET' >&3
exec cat <&3`;

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8')).trim();
}

async function refusedUnderLoad(refusal: Refusal, ...words: readonly string[]): Promise<void> {
  const pid = await servingPid(question);
  await losingNothing(question, [KEPT], async () => {
    assertRefused(await hitless(question, ...words, '--json'), refusal);
  });
  await assertAsBefore(question, pid);
}

/** A tiny disk, in the lab's own mount namespace. */
async function mount(name: string, options: string): Promise<string> {
  const place = `${question.lb.dir}/${name}`;
  await question.lb.must(['mkdir', '-p', place]);
  await question.lb.must(['mount', '-t', 'tmpfs', '-o', options, 'tiny', place]);
  return place;
}

async function recoverWithRoom(place: string): Promise<void> {
  await question.lb.must(['mount', '-o', 'remount,size=1m', place]);
  const ran = await hitless(question, 'recover', '--state-dir', place);
  assert.equal(ran.code, 0, ran.stderr);
}
