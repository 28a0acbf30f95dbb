import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { COUNT_ARGV, TRACK_ARGV, trackLine } from '../../src/host/conntrack.js';
import { waitFor } from '../../src/host/node/wait.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import type { Report } from '../../src/probe/report.js';
import { runTrial } from '../../src/trial/trial.js';
import type { WayName } from '../../src/trial/ways/registry.js';
import { assertFlipped, assertUnflipped, flipped, flipWords, mapped } from './flip-support.js';
import { assertNothingLost, KEPT, type LoadSpec, losingNothing, NEW, underLoad } from './load.js';
import { portAgain } from './port-again.js';
import { slowHandshakes } from './slow-handshakes.js';
import {
  awaitHaproxies,
  haproxies,
  hitless,
  LIMIT_MS,
  linesOf,
  servingPid,
  startHitless,
} from './support.js';

const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/' };

async function inLab(use: (question: QuestionLab) => Promise<void>): Promise<void> {
  const question = await startQuestionLab();
  try {
    await use(question);
  } finally {
    await question.lab.close();
  }
}

async function trialOf(way: WayName, ipv6: boolean): Promise<Awaited<ReturnType<typeof runTrial>>> {
  return await runTrial({
    way,
    connections: 'new',
    stalled: true,
    ratePerSecond: 500,
    forMs: 6_000,
    everyMs: 500,
    ipv6,
  });
}

test('control: a flip that stops the old instance at once loses connections when it stalls', async () => {
  const { report, reloads } = await trialOf('flip, old stopped at once', false);
  assert.ok(reloads.every(({ ok }) => ok));
  assert.ok(report.lost.reset + report.lost.refused > 0, JSON.stringify(report.lost));
});

for (const ipv6 of [false, true]) {
  test(`flip loses nothing while the old instance is stalled (${ipv6 ? 'IPv6' : 'IPv4'})`, async () => {
    const { report, reloads } = await trialOf('flip', ipv6);
    assert.ok(reloads.length > 0 && reloads.every(({ ok }) => ok), reloads.at(-1)?.said);
    assertNothingLost(report);
  });
}

test('rolling loses nothing while each instance is stalled as it is taken out', async () => {
  const { report, reloads } = await trialOf('rolling', false);
  assert.ok(reloads.length > 0 && reloads.every(({ ok }) => ok), reloads.at(-1)?.said);
  assertNothingLost(report);
});

const FEW: LoadSpec = { ...NEW, rate: 100 };

for (const late of ['acknowledgements', 'answers'] as const) {
  test(`flip loses nobody whose handshake takes a second (${late} lost)`, async () => {
    await inLab(async (question) => {
      const pid = await losingNothing(question, [FEW, { ...IPV6, rate: 100 }], async () => {
        await slowHandshakes(question.client, late);
        for (let turn = 0; turn < 2; turn += 1) await flipped(question);
        return (await flipped(question, '--wait')).newPids[0] ?? 0;
      });
      await assertFlipped(question, pid);
    });
  });
}

test('conntrack is told of many handshakes by one call', async () => {
  await inLab(async ({ lb }) => {
    const flows = ['10.77.0.1:80', 'fd77::1:80'].flatMap((target) =>
      Array.from({ length: 300 }, (_, at) => ({
        client: `${target.replace(/1:80$/, '2')}:${1_024 + at}`,
        target,
      })),
    );
    const input = `${flows.map(trackLine).join('\n')}\n`;
    const { code, stderr } = await lb.run(TRACK_ARGV, { input });
    assert.equal(code, 0, stderr);
    assert.equal((await lb.must(COUNT_ARGV)).trim(), String(flows.length));
  });
});

test('control: the hasty flip loses clients whose final ACK is a second late', async () => {
  await inLab(async (question) => {
    const { reports } = await underLoad(question, [FEW], async () => {
      await slowHandshakes(question.client, 'acknowledgements');
      await hastyFlip(question);
    });
    const [{ lost }] = reports as [Report];
    assert.ok(lost.reset + lost.refused > 0, JSON.stringify(lost));
  });
});

async function hastyFlip({ lb, haproxy }: QuestionLab): Promise<void> {
  const text = await readFile(haproxy.paths.config, 'utf8');
  const config = `${haproxy.paths.config}.next`;
  const next = text
    .replaceAll(/^(\s*bind .*?):80\b/gm, '$1:9001')
    .replace(/^(\s*stats socket \S+)/m, '$1.next');
  await writeFile(config, next);
  await lb.must(['haproxy', '-D', '-f', config]);
  await lb.must(['nft', BY_HAND]);
  await lb.must(['kill', '-USR1', (await readFile(haproxy.paths.pidFile, 'utf8')).trim()]);
}

const BY_HAND = `add table inet by_hand
add chain inet by_hand pre { type nat hook prerouting priority dstnat; }
add rule inet by_hand pre tcp dport 80 tcp flags & (fin|syn|rst|ack) == syn redirect to :9001`;

const AGAIN = { host: '10.77.0.1', port: 4711 } as const;
/** As the kernel does a minute after the end of a connection; an entry of tracking stays for five. */
const FORGET = ['ss', '-K', '--tcp', 'state', 'time-wait', 'sport', '=', ':80'];
const LOOSE = 'net.netfilter.nf_conntrack_tcp_loose';

test('a client that uses its port again reaches the new instance, and the kernel is as before', async () => {
  await inLab(async (question) => {
    const { lb } = question;
    const client = await portAgain(question, AGAIN.host, AGAIN.port);
    const pid = (await flipped(question)).newPids[0] ?? 0;
    await assertFlipped(question, pid);
    // Of the former connection the kernel sees nothing but how it ends.
    await client.closeFirst();
    assert.equal((await lb.must(['sysctl', '-n', LOOSE])).trim(), '0');
    await lb.must(FORGET);
    assert.match(await client.again(), /200 OK/);
    const isBack = async (): Promise<true | undefined> =>
      (await lb.must(['sysctl', '-n', LOOSE])).trim() === '1' || undefined;
    assert.ok(await waitFor(isBack, { timeoutMs: LIMIT_MS }), `${LOOSE} is not put back`);
  });
});

test('control: after a flip by hand a client that uses its port again is refused', async () => {
  await inLab(async (question) => {
    const old = await servingPid(question);
    const client = await portAgain(question, AGAIN.host, AGAIN.port);
    await hastyFlip(question);
    const pid = haproxies(question).find((one) => one !== old);
    await awaitHaproxies(question, pid === undefined ? [] : [pid]);
    await client.closeFirst();
    await question.lb.must(FORGET);
    assert.equal(await client.again(), 'ECONNREFUSED');
  });
});

/** What tracking still knows when a table was removed in the middle of a connection. */
const LEFT_OVER = [
  ...['conntrack', '-I', '-p', 'tcp', '-s', '10.77.0.2', '-d', '10.77.0.1'],
  ...['--sport', String(AGAIN.port), '--dport', '80', '--reply-src', '10.77.0.1'],
  ...['--reply-dst', '10.77.0.2', '--reply-port-src', '18999', '--reply-port-dst'],
  ...[String(AGAIN.port), '--state', 'ESTABLISHED', '--timeout', '3600'],
];

test('entries of tracking that an earlier flip has left mislead nobody', async () => {
  await inLab(async (question) => {
    await question.lb.must(LEFT_OVER);
    await flipped(question);
    const client = await portAgain(question, AGAIN.host, AGAIN.port);
    await client.closeFirst();
    assert.match(await client.again(), /200 OK/);
  });
});

test('control: after a flip by hand such an entry leads its client to nobody', async () => {
  await inLab(async (question) => {
    await question.lb.must(LEFT_OVER);
    await hastyFlip(question);
    await assert.rejects(portAgain(question, AGAIN.host, AGAIN.port), /ECONNREFUSED/);
  });
});

/** Connects, asks nothing, and stays. */
const SILENT = `require('node:net').connect(80, '${AGAIN.host}', () => console.log('open'));`;

test('old instances that end out of turn leave the stats socket and the pid file to the one that serves', async () => {
  await inLab(async (question) => {
    const first = await servingPid(question);
    const silent = await question.client.start([process.execPath, '-e', SILENT], {
      name: 'silent',
      stdio: 'pipe',
    });
    await once(silent.stdout as NodeJS.ReadableStream, 'data');
    await flipped(question, '--drain-timeout', '5m');
    const serving = (await flipped(question, '--wait')).newPids[0] ?? 0;
    assert.deepEqual(haproxies(question), [first, serving], 'the second one has ended before');
    assert.equal(await servingPid(question), serving);
    silent.kill('SIGKILL');
    await assertFlipped(question, serving);
    assert.equal(await servingPid(question), serving);
    const pidFile = await readFile(question.haproxy.paths.pidFile, 'utf8');
    assert.equal(pidFile.trim(), String(serving));
  });
});

/** Where hitless is killed: a step and what its event says. */
const INSTANTS = [
  'start begun',
  'start done',
  'confirm done',
  'flip begun',
  'flip done',
  'let-go begun',
  'quiesce begun',
  'stop begun',
  'clear begun',
] as const;

test('hitless killed at any step is put right by recover, and nothing is lost', async (t) => {
  await inLab(async (question) => {
    await losingNothing(question, [NEW, KEPT], async () => {
      for (const instant of INSTANTS) {
        await t.test(instant, async () => await killedAt(question, instant));
      }
    });
  });
});

async function killedAt(question: QuestionLab, instant: string): Promise<void> {
  const words = [...flipWords(question), '--ndjson', '--wait'];
  const child = await startHitless(question, ...words);
  let killed = false;
  await linesOf(child, (line) => {
    const { step, state } = JSON.parse(line) as { step?: string; state?: string };
    if (!killed && `${step} ${state}` === instant) killed = child.kill('SIGKILL');
  });
  await child.exited;
  assert.ok(killed, 'it ended before');
  const { code, stderr } = await hitless(question, 'recover');
  assert.equal(code, 0, stderr);
  const [pid = 0, ...others] = haproxies(question);
  assert.deepEqual(others, []);
  if ((await mapped(question)).length === 0) await assertUnflipped(question, pid);
  else await assertFlipped(question, pid);
  assert.ok((await servingPid(question)) === pid);
}
