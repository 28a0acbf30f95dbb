import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import type { HaproxySpec } from '../../src/lab/haproxy-config.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import type { Stalled } from '../../src/lab/stall.js';
import type { Report } from '../../src/probe/report.js';
import { assertNothingLost, type LoadSpec, NEW, underLoad } from './load.js';
import {
  assertAsBefore,
  hitless,
  LIMIT_MS,
  linesOf,
  outcomeOf,
  pidInFile,
  servingPid,
  startHitless,
  stopInLab,
  sysctl,
} from './support.js';

/** How long the old process stands still. HAProxy itself gives up after 1 s without its sockets. */
const STALL_MS = 300;
/** Connections in the queues of the old process when it goes on: enough for the control to lose. */
const QUEUED = 20;

test('control: haproxy -sf loses connections while the old process is stalled', async () => {
  await inLab(async (question) => {
    const { reports } = await underLoad(question, [NEW], async () => await control(question));
    const [{ lost, phases }] = reports as [Report];
    assert.ok(lost.reset + lost.refused > 0, JSON.stringify(lost));
    assert.equal(phases.before.total, 0);
  });
});

for (const method of ['quiesce', 'fd-pass', 'migrate', 'syn-drop'] as const) {
  test(`${method} loses nothing while the old process is stalled`, async () => {
    await inLab(async (question) => {
      const { reports } = await underLoad(question, [NEW, IPV6], async () => {
        for (let turn = 0; turn < 2; turn += 1) await stalledReload(question, method);
      });
      for (const report of reports) assertNothingLost(report);
      assert.equal(await sysctl(question, 'net.ipv4.tcp_migrate_req'), '0');
      await assertAsBefore(question, await pidInFile(question.haproxy));
    }, polite);
  });
}

test('a reload that the old process stalls for too long is put back, and loses nothing', async () => {
  await inLab(async (question) => {
    const old = await servingPid(question);
    const { reports } = await underLoad(question, [NEW], async () => {
      const child = await startHitless(question, 'reload', '--ndjson', '--method', 'fd-pass');
      let stalled: Promise<Stalled> | undefined;
      const drained = linesOf(child, (line) => {
        stalled ??= line.includes('"start"') ? stopInLab(question, old) : undefined;
      });
      const { code } = await child.exited;
      await drained;
      (await stalled)?.resume();
      assert.equal(code, 11);
    });
    for (const report of reports) assertNothingLost(report);
    await assertAsBefore(question, old);
  }, polite);
});

const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/' };

test('a bind to one IPv6 address is never left to plain fd passing, and loses nothing', async () => {
  const specific = (spec: HaproxySpec): HaproxySpec => ({
    ...spec,
    frontends: spec.frontends.map((one) => ({ ...one, binds: [':80', 'fd77::1:80'] })),
  });
  await inLab(async (question) => {
    const dry = outcomeOf(await hitless(question, 'reload', '--dry-run', '--json'));
    assert.equal(dry.method, 'migrate');
    assert.match(dry.plan?.reasons.join('\n') ?? '', /not quiesce: .*\[fd77::1\]:80/);
    const { reports } = await underLoad(question, [NEW, IPV6], async () => {
      await stalledReload(question, 'auto');
    });
    for (const report of reports) assertNothingLost(report);
  }, specific);
});

test('fd-pass covers a bind to one IPv6 address by migration', async () => {
  const specific = (spec: HaproxySpec): HaproxySpec => ({
    ...spec,
    frontends: polite(spec).frontends.map((one) => ({ ...one, binds: [':80', 'fd77::1:80'] })),
  });
  await inLab(async (question) => {
    const { reports } = await underLoad(question, [NEW, IPV6], async () => {
      await stalledReload(question, 'fd-pass');
    });
    for (const report of reports) assertNothingLost(report);
    assert.equal(await sysctl(question, 'net.ipv4.tcp_migrate_req'), '0');
  }, specific);
});

function polite(spec: HaproxySpec): HaproxySpec {
  const frontends = spec.frontends.map((one) => ({ ...one, idleCloseOnResponse: true }));
  return { ...spec, frontends };
}

async function inLab(
  use: (question: QuestionLab) => Promise<void>,
  adapt: (spec: HaproxySpec) => HaproxySpec = (spec) => spec,
): Promise<void> {
  const question = await startQuestionLab({ adapt });
  try {
    await use(question);
  } finally {
    await question.lab.close();
  }
}

/** The question's own command, the old process stalled until connections wait in its queues. */
async function control(question: QuestionLab): Promise<void> {
  const { lb, haproxy } = question;
  const old = (await readFile(haproxy.paths.pidFile, 'utf8')).trim();
  const stalled = await stopInLab(question, Number(old));
  try {
    await lb.must([...haproxy.argv, '-sf', old]);
    const waiting = async () => ((await acceptQueue(question)) >= QUEUED ? true : undefined);
    assert.ok(await waitFor(waiting, { timeoutMs: LIMIT_MS }));
  } finally {
    stalled.resume();
  }
}

/** Connections that wait to be accepted on port 80, over all listeners. */
async function acceptQueue({ lb }: QuestionLab): Promise<number> {
  const text = await lb.must(['ss', '-H', '-l', '-t', '-n', 'sport = :80']);
  const lines = text.trim().split('\n');
  return lines.reduce((sum, line) => sum + Number(line.split(/\s+/)[1]), 0);
}

/** hitless, the old process stalled from the start of the new one on. */
async function stalledReload(question: QuestionLab, method: string): Promise<void> {
  const old = await servingPid(question);
  const child = await startHitless(question, 'reload', '--ndjson', '--method', method);
  let stall: Promise<void> | undefined;
  const said: string[] = [];
  const drained = linesOf(child, (line) => {
    said.push(line);
    const { step, state } = JSON.parse(line) as { step?: string; state?: string };
    if (step === 'start' && state === 'begun') stall = stallFor(question, old);
  });
  const { code } = await child.exited;
  await drained;
  await stall;
  assert.equal(code, 0, said.join('\n'));
  assert.ok(stall !== undefined, 'the old process was stalled');
}

async function stallFor(question: QuestionLab, pid: number): Promise<void> {
  const stalled = await stopInLab(question, pid);
  await new Promise((resolve) => setTimeout(resolve, STALL_MS));
  stalled.resume();
}
