import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { adminState, parseServerStates } from '../../src/haproxy/runtime/server-states.js';
import { askHaproxy } from '../../src/lab/stats-socket.js';
import { assertFlipped, assertUnflipped, flipped, flipWords, mapped } from './flip-support.js';
import { KEPT, type LoadSpec, losingNothing, NEW } from './load.js';
import { assertRefused, hitless, servingPid, withConfig } from './support.js';

let question: QuestionLab;
before(async () => {
  question = await startQuestionLab();
});
after(async () => {
  await question.lab.close();
});

const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/' };

test('a flip that fails leaves the service as it was, and loses nothing', async (t) => {
  const pid = await servingPid(question);
  await losingNothing(question, [NEW, KEPT], async () => {
    await t.test('the configuration is wrong', async () => {
      const broken = (text: string): string => text.replace('mode http', 'mode htp');
      await withConfig(question, broken, async () =>
        assertRefused(await hitless(question, ...flipWords(question)), {
          exit: 10,
          code: 'config-invalid',
          message: /haproxy\.cfg:\d+: /,
          hint: /nothing was touched/,
        }),
      );
    });
    await t.test('the next instance answers wrongly', async () => {
      const words = [...flipWords(question), '--health', 'http:///nothing', '--timeout', '1s'];
      assertRefused(await hitless(question, ...words), {
        exit: 11,
        code: 'not-confirmed',
        message: /http:\/\/127\.0\.0\.1:18\d+\/nothing.*status 404/,
        hint: /the old instance serves on/,
      });
    });
    await t.test('the next instance dies at once', async () => {
      const words = ['flip', '--json', '--port', '80', '--', 'sh', '-c', 'echo no luck # {port}'];
      assertRefused(await hitless(question, ...words), {
        exit: 11,
        code: 'not-confirmed',
        message: /ended: no luck/,
        hint: /the old instance serves on/,
      });
    });
    await t.test('another table directs the port', async () => {
      const { lb } = question;
      await lb.must(['nft', FOREIGN]);
      assertRefused(await hitless(question, ...flipWords(question)), {
        exit: 10,
        code: 'method-unusable',
        message: /table ip docker nat directs port 80 already/,
        hint: /take port 80 out of it/,
      });
      await lb.must(['nft', 'delete table ip docker']);
    });
    await t.test('no port is free', async () => {
      assertRefused(await hitless(question, ...flipWords(question), '--ports', '80-80'), {
        exit: 10,
        code: 'port-taken',
        message: /no 1 free ports from 80 to 80/,
        hint: /--ports LOW-HIGH/,
      });
    });
  });
  await assertUnflipped(question, pid);
});

const LOADS: readonly LoadSpec[] = [NEW, IPV6, { ...NEW, url: 'http://10.77.0.9/', rate: 100 }];

const FOREIGN = `add table ip docker
add chain ip docker nat { type nat hook prerouting priority dstnat + 5; }
add rule ip docker nat ip daddr 10.99.0.1 tcp dport 80 dnat to 10.99.0.2:8080`;

test('a service is taken behind the map and flipped on, and no kind of client loses anything', async () => {
  const direct = await servingPid(question);
  // The map must not lead clients of another address to the first one of the interface.
  await question.lb.must(['ip', 'addr', 'add', '10.77.0.9/24', 'dev', 'eth0']);
  const pid = await losingNothing(question, [...LOADS, { ...KEPT, rate: 100 }], async () => {
    const first = await flipped(question);
    assert.deepEqual(first.oldPids, [direct]);
    const second = await flipped(question);
    assert.deepEqual(second.oldPids, first.newPids);
    const third = await flipped(question, '--wait');
    return third.newPids[0] ?? 0;
  });
  await assertFlipped(question, pid);
  const ports = await mapped(question);
  assert.equal(ports.length, 2);
  for (const url of ['http://127.0.0.1/', 'http://[::1]/', 'http://10.77.0.9/']) {
    const look = `fetch('${url}').then(({ status }) => process.exit(status === 200 ? 0 : 1))`;
    await question.lb.must([process.execPath, '-e', look]);
  }
});

test('a dry run shows the transaction and touches nothing', async () => {
  const former = await mapped(question);
  const { code, stdout } = await hitless(
    question,
    ...['flip', '--service', 'haproxy', '-f', question.haproxy.paths.config, '--dry-run'],
  );
  assert.equal(code, 0);
  assert.match(stdout, /direct new connections: port 80 \(IPv4\) -> 18\d\d\d/);
  assert.match(stdout, /dry run: the configuration is valid, nothing was touched/);
  assert.deepEqual(await mapped(question), former);
});

test('servers that are in maintenance or weighted at run time are so in the next instance too', async () => {
  const ask = async (command: string): Promise<string> =>
    (await askHaproxy(question.haproxy.paths.statsSocket, command)) ?? '';
  await ask('set server web/web1 weight 7');
  await ask('set server web/web2 state maint');
  const { newPids } = await losingNothing(
    question,
    [NEW],
    async () => await flipped(question, '--wait'),
  );
  await assertFlipped(question, newPids[0] ?? 0);
  assert.match(await ask('show info'), new RegExp(`Pid: ${newPids[0]}\n`));
  const states = parseServerStates(await ask('show servers state web'));
  assert.deepEqual(
    states.map((state) => `${state.server} ${state.weight} ${adminState(state)}`),
    ['web1 7 ready', 'web2 1 maint'],
  );
  await ask('set server web/web2 state ready');
});
