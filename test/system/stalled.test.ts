import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HaproxySpec } from '../../src/lab/haproxy-config.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import type { Stalled } from '../../src/lab/stall.js';
import type { Report } from '../../src/probe/report.js';
import { reloadStalled, stalledControl } from './holding.js';
import { assertNothingLost, type LoadSpec, NEW, underLoad } from './load.js';
import { slowHandshakes } from './slow-handshakes.js';
import {
  assertAsBefore,
  hitless,
  linesOf,
  outcomeOf,
  pidInFile,
  reloaded,
  servingPid,
  startHitless,
  stopInLab,
  sysctl,
} from './support.js';

test('control: haproxy -sf loses connections while the old process is stalled', async () => {
  await inLab(async (question) => {
    const { reports } = await underLoad(question, [NEW], async () => {
      await stalledControl(question, await pidInFile(question.haproxy));
    });
    const [{ lost, phases }] = reports as [Report];
    assert.ok(lost.reset + lost.refused > 0, JSON.stringify(lost));
    assert.equal(phases.before.total, 0);
  });
});

const METHODS = ['quiesce', 'fd-pass', 'migrate', 'syn-drop'] as const;

for (const method of METHODS) {
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

for (const late of ['acknowledgements', 'answers'] as const) {
  test(`handshakes that take a second (${late} lost) outlive a reload by every method`, async () => {
    await inLab(async (question) => {
      const { reports } = await underLoad(question, [NEW, IPV6], async () => {
        await slowHandshakes(question.client, late);
        for (const method of METHODS) await reloaded(question, '--method', method);
      });
      for (const report of reports) assertNothingLost(report);
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

/** hitless, the old process stalled from the start of the new one on. */
async function stalledReload(question: QuestionLab, method: string): Promise<void> {
  // Not who answers on the stats socket: the one before may drain still, and answer there in turn.
  await reloadStalled(question, await pidInFile(question.haproxy), '--method', method);
}
