import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { startApache } from '../../src/lab/apache.js';
import { startApacheProxy } from '../../src/lab/apache-proxy.js';
import { startLab } from '../../src/lab/lab.js';
import { startNginx } from '../../src/lab/nginx.js';
import type { LabNode } from '../../src/lab/node.js';
import type { LabProcess } from '../../src/lab/process.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { QUESTION_TOPOLOGY } from '../../src/lab/topology.js';
import type { FlipStatus } from '../../src/reload/flip-status.js';
import type { Generation } from '../../src/reload/generations.js';
import type { Status } from '../../src/reload/status.js';
import { assertFlipped, flipped, flipWords, mapped } from './flip-support.js';
import { losingNothing, NEW } from './load.js';
import { assertRefused, haproxies, hitless, LIMIT_MS, servingPid } from './support.js';

async function look(place: { readonly lb: LabNode }): Promise<Status> {
  const { code, stdout, stderr } = await hitless(place, 'status', '--json');
  assert.equal(code, 0, stderr);
  const { schemaVersion, ...status } = JSON.parse(stdout) as Status & { schemaVersion: number };
  assert.equal(schemaVersion, 1);
  return status;
}

/** What people see: no line is wider than the terminal. */
async function words(place: { readonly lb: LabNode }): Promise<string> {
  const { code, stdout, stderr } = await hitless(place, 'status');
  assert.equal(code, 0, stderr);
  return stdout.replace(/\s+/g, ' ');
}

/** A client in the middle of a request, which no graceful stop cuts off. */
async function stayingClient(client: LabNode, localPort: number): Promise<LabProcess> {
  const argv = [process.execPath, '-e', STAYING, String(localPort)];
  const child = await client.start(argv, { name: 'staying', stdio: 'pipe' });
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

const STAYING = `
const socket = require('node:net').connect({ host: '10.77.0.1', port: 80, localPort: Number(process.argv[1]) });
socket.write('GET / HTTP/1.1\\r\\nHost: lab\\r\\n\\r\\nGET / HT');
socket.once('data', () => console.log('answered'));
socket.on('error', () => undefined);`;

const LOCAL_PORT = 41_000;
const PEER = `10.77.0.2:${LOCAL_PORT}`;

/** The one who retires it is a process of its own, and needs a moment to start. */
async function watched<T extends Pick<Generation, 'retiredBy'>>(
  find: () => Promise<T | undefined>,
): Promise<T> {
  const found = await waitFor(
    async () => {
      const one = await find();
      return typeof one?.retiredBy?.watcherPid === 'number' ? one : undefined;
    },
    { timeoutMs: LIMIT_MS },
  );
  assert.ok(found, 'somebody sees to its end');
  return found;
}

/** Clients over IPv4 by their own address, whatever socket took them. */
function peersOf({ connections }: Pick<Generation, 'connections'>): readonly string[] {
  return connections.map(({ peer }) => peer.replace(/^\[::ffff:(.*)\]/, '$1'));
}

async function onlyFlip(question: QuestionLab): Promise<FlipStatus> {
  const { flips } = await look(question);
  assert.equal(flips?.length, 1);
  return flips[0] as FlipStatus;
}

test('status follows a flip: doors, draining instances, too many of them, a door that leads to nobody', async (t) => {
  const question = await startQuestionLab();
  try {
    const first = await servingPid(question);
    const staying = await stayingClient(question.client, LOCAL_PORT);
    const flip = await flipped(question, '--drain-timeout', '60s');
    const second = flip.newPids[0] ?? 0;
    const [port = 0] = await mapped(question);

    await t.test('the old instance is draining, and who retires it when is told', async () => {
      const { owner, doors, instances } = await onlyFlip(question);
      assert.equal(owner, `haproxy ${question.haproxy.paths.config}`);
      assert.deepEqual(
        doors.map(({ family, host, port: door, to, pid }) => [family, host, door, to, pid]),
        [
          ['ipv4', null, 80, port, second],
          ['ipv6', null, 80, port, second],
        ],
      );
      assert.deepEqual(
        instances.map(({ pid, state }) => [pid, state]),
        [
          [second, 'serving'],
          [first, 'draining'],
        ],
      );
      const draining = await watched(async () => (await onlyFlip(question)).instances[1]);
      assert.deepEqual(peersOf(draining), [PEER]);
      assert.equal(draining.retiredBy?.runId, flip.run);
      const leftMs = (draining.untilMs ?? 0) - Date.now();
      assert.ok(leftMs > 0 && leftMs <= 65_000, `${leftMs} ms left`);
    });

    await t.test('one more is refused when no more may drain, and nothing happens', async () => {
      await losingNothing(question, [NEW], async () => {
        const more = ['--max-draining', '1', '--timeout', '1s'];
        assertRefused(await hitless(question, ...flipWords(question), ...more), {
          exit: 10,
          code: 'too-many-generations',
          message: /1 earlier instance is still draining/,
          hint: /"hitless status".*--max-draining/,
        });
      });
      assert.deepEqual(haproxies(question), [first, second]);
      assert.deepEqual(new Set(await mapped(question)), new Set([port]));
    });

    await t.test(
      'a door that leads to nobody is told, and the command that is named helps',
      async () => {
        await staying.stop({ signal: 'SIGKILL' });
        await assertFlipped(question, second);
        await question.lb.must(['kill', '-KILL', String(second)]);
        const gone = async (): Promise<true | undefined> =>
          (await onlyFlip(question)).doors.every(({ pid }) => pid === null) || undefined;
        assert.ok(await waitFor(gone, { timeoutMs: LIMIT_MS }));
        const text = await words(question);
        assert.match(text, new RegExp(`-> port ${port}: nobody listens there`));
        const remedy = /"hitless (flip [^"]*)"/.exec(text)?.[1] ?? '';
        const ran = await hitless(question, ...remedy.split(' '), '--json');
        assert.equal(ran.code, 0, ran.stderr);
        const { doors } = await onlyFlip(question);
        assert.ok(doors.every(({ pid }) => pid !== null));
        await losingNothing(question, [NEW], async () => undefined);
      },
    );
  } finally {
    await question.lab.close();
  }
});

/** Apache listens before it has written it. */
async function pidIn(path: string): Promise<number> {
  const read = async (): Promise<number | undefined> =>
    Number((await readFile(path, 'utf8').catch(() => '')).trim()) || undefined;
  const pid = await waitFor(read, { timeoutMs: LIMIT_MS });
  assert.ok(pid, path);
  return pid;
}

const ORIGINS = ['10.77.0.11:80', '10.77.0.12:80'];

for (const { service, start } of [
  { service: 'nginx', start: startNginx },
  { service: 'apache', start: startApacheProxy },
] as const) {
  test(`status shows ${service}: its master, its workers, and an old one with its client`, async () => {
    const lab = await startLab(QUESTION_TOPOLOGY);
    try {
      const [lb, client] = [lab.node('lb'), lab.node('client')];
      for (const origin of ['origin1', 'origin2']) await startApache(lab.node(origin));
      const { pidFile } = await start(lb, { origins: ORIGINS });
      const master = await pidIn(pidFile);
      const place = { lb };
      const generations = async (): Promise<readonly Generation[]> => {
        const { services } = await look(place);
        const found = services.find((one) => one.generations[0]?.pid === master);
        assert.equal(found?.service, service);
        return found?.generations ?? [];
      };
      const before = await generations();
      assert.ok(before.some(({ state }) => state === 'serving'));
      assert.ok(!before.some(({ state }) => state === 'stopping'));

      const staying = await stayingClient(client, LOCAL_PORT);
      const reload = ['reload', '--service', service, '--pid-file', pidFile, '--allow-loss'];
      const ran = await hitless(place, ...reload, '--json', '--drain-timeout', '60s');
      assert.equal(ran.code, 0, ran.stderr);
      const kept = await watched(async () =>
        (await generations()).find(
          ({ state, connections }) => state === 'stopping' && connections.length > 0,
        ),
      );
      assert.ok(before.some(({ pid }) => pid === kept.pid));
      assert.deepEqual(peersOf(kept), [PEER]);
      assert.match(await words(place), new RegExp(`${kept.pid} stopping .*${PEER}`));
      await staying.stop({ signal: 'SIGKILL' });
    } finally {
      await lab.close();
    }
  });
}
