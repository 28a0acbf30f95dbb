import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { haproxyConfig } from '../../src/lab/haproxy-config.js';
import { haproxyPaths, startHaproxy } from '../../src/lab/haproxy.js';
import { type QuestionLab, questionSpec, startQuestionLab } from '../../src/lab/question-lab.js';
import { KEPT, losingNothing } from './load.js';
import {
  assertAsBefore,
  assertRefused,
  awaitHaproxies,
  haproxies,
  HITLESS,
  hitless,
  type Refusal,
  servingPid,
  stateDir,
} from './support.js';

let question: QuestionLab;
before(async () => {
  question = await startQuestionLab();
});
after(async () => {
  await question.lab.close();
});

const DEAD_PID = '999999';

const PID_FILES: readonly (readonly [string, string | undefined, Refusal])[] = [
  [
    'that is stale',
    `${DEAD_PID}\n`,
    {
      exit: 10,
      code: 'target-gone',
      message: /some\.pid names pid 999999, and there is no such process/,
      hint: /hitless status/,
    },
  ],
  [
    'that holds no pid',
    'junk\n',
    { exit: 10, code: 'target-not-found', message: /some\.pid holds no pid/, hint: /./ },
  ],
  [
    'that is empty',
    '',
    { exit: 10, code: 'target-not-found', message: /some\.pid holds no pid/, hint: /./ },
  ],
  [
    'that is not there',
    undefined,
    {
      exit: 10,
      code: 'target-not-found',
      message: /there is no pid file .*some\.pid/,
      hint: /--pid/,
    },
  ],
];

for (const [what, content, refusal] of PID_FILES) {
  test(`a pid file ${what} is refused, and nothing is lost`, async () => {
    const dir = `${question.lb.dir}/pids-${content?.length ?? 'none'}`;
    await mkdir(dir, { recursive: true });
    if (content !== undefined) await writeFile(`${dir}/some.pid`, content);
    await refusedUnderLoad(refusal, 'reload', '--pid-file', `${dir}/some.pid`);
  });
}

test('the pid of a process that is gone is refused', async () => {
  const message = /--pid names pid 999999, and there is no such process/;
  const refusal = { exit: 10, code: 'target-gone', message, hint: /hitless status/ };
  await refusedUnderLoad(refusal, 'reload', '--pid', DEAD_PID);
});

test('the pid of a program that is not HAProxy is refused and named', async () => {
  const sleeper = await question.lb.start(['sleep', 'infinity'], { name: 'sleeper' });
  try {
    const message = new RegExp(`names pid ${sleeper.pidInLab}, which is sleep and not HAProxy`);
    const refusal = { exit: 10, code: 'target-foreign', message, hint: /hitless status/ };
    await refusedUnderLoad(refusal, 'reload', '--pid', String(sleeper.pidInLab));
    assert.equal(sleeper.kill('SIGKILL'), true, 'it is alive');
  } finally {
    await sleeper.stop({ signal: 'SIGKILL' });
  }
});

test('a program that is not there is refused (--binary)', async () => {
  const refusal = {
    exit: 10,
    code: 'binary-missing',
    message: /cannot run \/nonexistent\/haproxy/,
    hint: /--binary/,
  };
  await refusedUnderLoad(refusal, 'reload', '--binary', '/nonexistent/haproxy');
});

test('a master socket on which nobody answers is refused', async () => {
  const message = /no master answers on \/nonexistent\.sock/;
  const refusal = { exit: 10, code: 'socket-silent', message, hint: /-S/ };
  await refusedUnderLoad(refusal, 'reload', '--master-socket', '/nonexistent.sock');
});

test('a stats socket given for a master socket is refused', async () => {
  const { statsSocket } = question.haproxy.paths;
  const refusal = {
    exit: 10,
    code: 'target-foreign',
    message: /stats\.sock is not the socket of an HAProxy master/,
    hint: /--pid/,
  };
  await refusedUnderLoad(refusal, 'reload', '--master-socket', statsSocket);
});

test('a user who may not look into HAProxy is refused, and told who may', async () => {
  const pid = await servingPid(question);
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
  const state = `${stateDir(question)}-nobody`;
  await question.lb.must(['install', '-d', '-o', '65534', '-g', '65534', state]);
  await question.lb.must(['chmod', '711', question.lb.dir]);
  await losingNothing(question, [KEPT], async () => {
    const argv = [...nobody, '--', ...HITLESS, 'reload', '--json', '--state-dir', state];
    assertRefused(await question.lb.run(argv), {
      exit: 10,
      code: 'permission',
      message: new RegExp(`cannot look into pid ${pid}`),
      hint: /run hitless as root, or as the user who started HAProxy/,
    });
  });
  await assertAsBefore(question, pid);
});

test('two HAProxys are listed, and neither is reloaded; named, each is', async () => {
  const pid = await servingPid(question);
  const paths = haproxyPaths(question.lb, 'other');
  const spec = questionSpec(paths.statsSocket);
  const frontends = spec.frontends.map((frontend) => ({ ...frontend, binds: [':8080'] }));
  const config = haproxyConfig({ ...spec, frontends });
  const other = await startHaproxy(question.lb, config, { mode: 'daemon', name: 'other' });
  const otherPid = await other.workerPid();
  await losingNothing(question, [KEPT], async () => {
    assertRefused(await hitless(question, 'reload', '--json'), {
      exit: 10,
      code: 'target-ambiguous',
      message: new RegExp(`^2 HAProxys are running:\n  ${pid}  haproxy -f .*\n  ${otherPid}  ha`),
      hint: /--pid, --pid-file or --master-socket/,
    });
    assert.deepEqual(haproxies(question), [pid, otherPid]);
  });
  const named = await hitless(question, 'reload', '--json', '--pid-file', paths.pidFile, '--wait');
  assert.equal(named.code, 0, named.stderr);
  await question.lb.must(['kill', '-USR1', String(await other.workerPid())]);
  await assertAsBefore(question, pid);
});

test('no HAProxy at all is refused', async () => {
  await question.lb.must(['kill', '-USR1', String(await servingPid(question))]);
  await awaitHaproxies(question, []);
  assertRefused(await hitless(question, 'reload', '--json'), {
    exit: 10,
    code: 'target-not-found',
    message: /no running HAProxy was found/,
    hint: /start it first/,
  });
});

async function refusedUnderLoad(refusal: Refusal, ...words: readonly string[]): Promise<void> {
  const pid = await servingPid(question);
  await losingNothing(question, [KEPT], async () => {
    assertRefused(await hitless(question, ...words, '--json'), refusal);
  });
  await assertAsBefore(question, pid);
}
