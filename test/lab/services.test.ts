import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { BIG_BYTES } from '../../src/lab/apache.js';
import { makeCertificate } from '../../src/lab/certificate.js';
import { haproxyPaths, type HaproxyRunMode, startHaproxy } from '../../src/lab/haproxy.js';
import { haproxyConfig } from '../../src/lab/haproxy-config.js';
import { withLab } from '../../src/lab/lab.js';
import { startEcho, startLogSink, startSlowHttp } from '../../src/lab/programs.js';
import { questionSpec, startQuestionLab } from '../../src/lab/question-lab.js';
import { QUESTION_TOPOLOGY } from '../../src/lab/topology.js';
import { labFolders } from './support.js';

const CURL = ['curl', '--silent', '--show-error', '--globoff', '--max-time', '5'];

const MODES: readonly HaproxyRunMode[] = [
  'daemon',
  'master-worker',
  'foreground',
  'foreground-master',
];

for (const haproxyMode of MODES) {
  test(`the client reaches both origins over IPv4 and IPv6, HAProxy in ${haproxyMode} mode`, async () => {
    const question = await startQuestionLab({ haproxyMode });
    try {
      for (const url of question.urls) {
        const argv = [...CURL, '--header', 'x-hitless-id: r1', url, url];
        const bodies = await question.client.must(argv);
        assert.deepEqual(bodies.trim().split('\n').sort(), [
          'hello from origin1',
          'hello from origin2',
        ]);
      }
      const log = await readFile(question.origins[0]?.accessLog ?? '', 'utf8');
      assert.match(log, /^r1 200 19 \/index.html$/m);
      const [main, worker] = [await question.haproxy.mainPid(), await question.haproxy.workerPid()];
      assert.equal(main === worker, !haproxyMode.includes('master'));
    } finally {
      await question.lab.close();
    }
  });
}

test('a supervised HAProxy is started again when it ends', async () => {
  const question = await startQuestionLab({ haproxyMode: 'foreground' });
  try {
    const first = await question.haproxy.workerPid();
    await question.lb.must(['kill', '-USR1', String(first)]);
    const next = async () => {
      const pid = await question.haproxy.workerPid();
      return pid === first ? undefined : pid;
    };
    assert.ok(await waitFor(next, { timeoutMs: 5_000 }));
  } finally {
    await question.lab.close();
  }
});

test('/big arrives whole', async () => {
  const question = await startQuestionLab();
  try {
    const body = await question.client.must([...CURL, `${question.urls[0]}big`]);
    assert.equal(body.length, BIG_BYTES);
  } finally {
    await question.lab.close();
  }
});

test('the log sink has one line for each request, with the id', async () => {
  const adapt = (spec: ReturnType<typeof questionSpec>) => ({
    ...spec,
    logTarget: '127.0.0.1:514',
  });
  const question = await startQuestionLab({ adapt });
  try {
    const sink = await startLogSink(question.lb);
    await question.client.must([...CURL, '--header', 'x-hitless-id: r7', question.urls[0]]);
    const pid = await question.haproxy.workerPid();
    const look = async () => (await readFile(sink.file, 'utf8')) || undefined;
    const log = await waitFor(look, { timeoutMs: 5_000 });
    assert.match(log ?? '', new RegExp(`^r7 ${pid} web[12] 200 ----$`, 'm'));
    assert.equal(await sink.dropped(), 0);
  } finally {
    await question.lab.close();
  }
});

test('tunnels, TLS and a unix socket work beside the question', async () => {
  await withLab(QUESTION_TOPOLOGY, async (lab) => {
    const lb = lab.node('lb');
    await Promise.all([startEcho(lab.node('origin1')), startSlowHttp(lab.node('origin2'))]);
    const pem = await makeCertificate(lb, 'lab.test');
    const config = haproxyConfig({
      statsSocket: haproxyPaths(lb).statsSocket,
      frontends: [
        { name: 'tunnel', mode: 'tcp', binds: [':7'], backend: 'echo' },
        { name: 'web', binds: [`:443 ssl crt ${pem}`, `${lb.dir}/web.sock`], backend: 'slow' },
      ],
      backends: [
        { name: 'echo', mode: 'tcp', servers: [{ name: 'e1', address: '10.77.0.11:7' }] },
        { name: 'slow', servers: [{ name: 's1', address: '[fd77::12]:8080' }] },
      ],
    });
    await startHaproxy(lb, config, { mode: 'daemon' });
    const client = lab.node('client');
    const echo = 'exec 3<>/dev/tcp/10.77.0.1/7; echo there and back >&3; head -n1 <&3';
    assert.equal(await client.must(['bash', '-c', echo]), 'there and back\n');
    const tls = [...CURL, '--cacert', pem, '--resolve', 'lab.test:443:10.77.0.1'];
    assert.match(await client.must([...tls, 'https://lab.test/?ms=20']), /after 20 ms/);
    const unix = [...CURL, '--unix-socket', `${lb.dir}/web.sock`, 'http://lab.test/'];
    assert.match(await client.must(unix), /after 0 ms/);
  });
});

const BROKEN: readonly (readonly [string, string, RegExp])[] = [
  ['a keyword that HAProxy does not know', 'balanze leastconn', /unknown keyword 'balanze'/],
  ['an address that is not there', 'bind 10.9.9.9:80', /cannot bind|Starting frontend/],
];

for (const [what, line, message] of BROKEN) {
  test(`${what} is reported in HAProxy's own words, and the lab is gone`, async () => {
    const adapt = (spec: ReturnType<typeof questionSpec>) => ({
      ...spec,
      frontends: spec.frontends.map((frontend) => ({ ...frontend, lines: [line] })),
    });
    await assert.rejects(startQuestionLab({ adapt }), { code: 'start-failed', message });
    assert.deepEqual(labFolders(process.pid), []);
  });
}

test('a supervised HAProxy that cannot bind is reported in its own words', async () => {
  const adapt = (spec: ReturnType<typeof questionSpec>) => ({
    ...spec,
    frontends: spec.frontends.map((frontend) => ({ ...frontend, lines: ['bind 10.9.9.9:80'] })),
  });
  const start = startQuestionLab({ adapt, haproxyMode: 'foreground' });
  await assert.rejects(start, { code: 'start-failed', message: /cannot bind|Starting frontend/ });
});
