import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startApache } from '../../src/lab/apache.js';
import { makeCertificate } from '../../src/lab/certificate.js';
import { haproxyConfig } from '../../src/lab/haproxy-config.js';
import { haproxyPaths, startHaproxy } from '../../src/lab/haproxy.js';
import { type Lab, startLab } from '../../src/lab/lab.js';
import { startEcho } from '../../src/lab/programs.js';
import type { QuestionLab } from '../../src/lab/question-lab.js';
import { QUESTION_TOPOLOGY } from '../../src/lab/topology.js';
import { type LoadSpec, losingNothing } from './load.js';
import { assertAsBefore, assertRefused, hitless, reloaded, servingPid, sysctl } from './support.js';

let lab: Lab;
let question: QuestionLab;
before(async () => {
  lab = await startLab(QUESTION_TOPOLOGY);
  question = await startEverything();
});
after(async () => {
  await lab.close();
});

const MIGRATE = 'net.ipv4.tcp_migrate_req';
const BIG = ['http://10.77.0.11/big', 'http://10.77.0.12/big'] as const;

/** Every kind of client at once: one connection a request, kept, slow ones, TLS, tunnels, IPv6. */
const TCP_LOADS: readonly LoadSpec[] = [
  { connections: 'mixed', rate: 200 },
  { connections: 'new', url: 'http://[fd77::1]/', rate: 100 },
  { connections: 'mixed', url: 'https://10.77.0.1/', rate: 50 },
  { connections: 'download', url: 'http://10.77.0.1/big', references: BIG, rate: 4 },
  { connections: 'long', url: 'tcp://10.77.0.1:7', references: [], rate: 100 },
];

for (const method of ['quiesce', 'fd-pass'] as const) {
  test(`${method} loses nothing of any kind of client, unix socket included`, async () => {
    const unix = `unix:${question.lb.dir}/web.sock:/`;
    const loads: readonly LoadSpec[] = [
      ...TCP_LOADS,
      { connections: 'mixed', url: unix, rate: 100 },
    ];
    const pid = await losingNothing(question, loads, async () => await reloadTwice(method));
    await assertAsBefore(question, pid);
  });
}

test('migrate is refused where a unix socket could lose its queue', async () => {
  assertRefused(await hitless(question, 'reload', '--json', '--method', 'migrate'), {
    exit: 10,
    code: 'not-lossless',
    message: /connections that wait in the queue of .*web\.sock: the kernel moves TCP connections/,
    hint: /--method fd-pass or quiesce/,
  });
});

test('migrate loses nothing of any kind of TCP client, and puts the kernel back', async () => {
  const former = await failures();
  const pid = await losingNothing(question, TCP_LOADS, async () => {
    const last = await reloadTwice('migrate', '--allow-loss');
    assert.equal(await sysctl(question, MIGRATE), '0');
    return last;
  });
  assert.equal(await failures(), former);
  await assertAsBefore(question, pid);
});

test('migrate leaves a setting on that was on', async () => {
  await question.lb.must(['sysctl', '-q', '-w', `${MIGRATE}=1`]);
  await reloaded(question, '--method', 'migrate', '--allow-loss', '--wait');
  assert.equal(await sysctl(question, MIGRATE), '1');
  await question.lb.must(['sysctl', '-q', '-w', `${MIGRATE}=0`]);
});

/** @returns the pid that serves in the end */
async function reloadTwice(method: string, ...words: readonly string[]): Promise<number> {
  const first = await servingPid(question);
  const one = await reloaded(question, '--method', method, ...words);
  const two = await reloaded(question, '--method', method, ...words);
  assert.deepEqual([one.method, two.method], [method, method]);
  assert.deepEqual([one.oldPids, two.oldPids], [[first], one.newPids]);
  return two.newPids[0] ?? 0;
}

async function failures(): Promise<number> {
  const text = await question.lb.must(['nstat', '-a', '-z', '-s', 'TcpExtTCPMigrateReqFailure']);
  return Number(/TCPMigrateReqFailure\s+(\d+)/.exec(text)?.[1]);
}

async function startEverything(): Promise<QuestionLab> {
  const [lb, client] = [lab.node('lb'), lab.node('client')];
  const origins = await Promise.all(
    ['origin1', 'origin2'].map(async (name) => await startApache(lab.node(name))),
  );
  await startEcho(lab.node('origin1'));
  const pem = await makeCertificate(lb, 'lab.test');
  const idleCloseOnResponse = true;
  const web = { backend: 'web', idleCloseOnResponse };
  const config = haproxyConfig({
    statsSocket: haproxyPaths(lb).statsSocket,
    frontends: [
      { ...web, name: 'www', binds: [':80', ':::80 v6only'] },
      { ...web, name: 'tls', binds: [`:443 ssl crt ${pem}`] },
      { ...web, name: 'local', binds: [`${lb.dir}/web.sock mode 666`] },
      { name: 'tunnel', mode: 'tcp', binds: [':7'], backend: 'echo' },
    ],
    backends: [
      {
        name: 'web',
        servers: ['11', '12'].map((host) => ({ name: `w${host}`, address: `10.77.0.${host}:80` })),
      },
      { name: 'echo', mode: 'tcp', servers: [{ name: 'e1', address: '10.77.0.11:7' }] },
    ],
  });
  const haproxy = await startHaproxy(lb, config, { mode: 'daemon' });
  const urls = ['http://10.77.0.1/', 'http://[fd77::1]/'] as const;
  return { lab, client, lb, haproxy, origins, urls };
}
