import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { waitFor } from '../../src/host/node/wait.js';
import { parseSynDrop, SYN_DROP_TABLE, type SynDropTable } from '../../src/host/nft-syn-drop.js';
import type { HaproxySpec } from '../../src/lab/haproxy-config.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { delayAcks, killWhileHolding } from './holding.js';
import { KEPT, type LoadSpec, losingNothing, NEW, underLoad } from './load.js';
import {
  assertAsBefore,
  assertRefused,
  hitless,
  outcomeOf,
  reloaded,
  servingPid,
} from './support.js';

let question: QuestionLab;
before(async () => {
  question = await startQuestionLab();
});
after(async () => {
  await question.lab.close();
});

const IPV6: LoadSpec = { connections: 'new', url: 'http://[fd77::1]/' };
const SYN_DROP = ['--method', 'syn-drop'] as const;
/** The deadline of a hold, and a moment to look. */
const LAPSE_MS = 12_000;

test('syn-drop loses nothing of new and kept connections over IPv4 and IPv6, and leaves no trace', async () => {
  const pid = await losingNothing(question, [NEW, IPV6, KEPT], async () => {
    const one = await reloaded(question, ...SYN_DROP);
    const two = await reloaded(question, ...SYN_DROP);
    assert.deepEqual([one.method, two.method], ['syn-drop', 'syn-drop']);
    assert.deepEqual([one.lossless, two.oldPids], [true, one.newPids]);
    return two.newPids[0] ?? 0;
  });
  await assertNoTrace();
  await assertAsBefore(question, pid);
});

test('clients on the same machine are held back too, late and not lost', async () => {
  const local = { ...question, client: question.lb };
  const load: LoadSpec = { connections: 'new', url: 'http://127.0.0.1/' };
  const { reports } = await underLoad(local, [load], async () => {
    await reloaded(question, ...SYN_DROP);
  });
  const [report] = reports;
  assert.equal(report?.lost.total, 0);
  assert.ok((report?.late ?? 0) > 0, 'SYNs were dropped');
});

test('control: haproxy -sf loses handshakes whose final ACK is a second away', async () => {
  const { reports } = await underLoad(question, [NEW], async () => {
    await delayAcks(question);
    const old = await servingPid(question);
    await question.lb.must([...question.haproxy.argv, '-sf', String(old)]);
  });
  assert.ok((reports[0]?.lost.total ?? 0) > 0, JSON.stringify(reports[0]?.lost));
});

test('syn-drop waits for final ACKs that are a second away', async () => {
  await losingNothing(question, [NEW, IPV6], async () => {
    await delayAcks(question);
    await reloaded(question, ...SYN_DROP);
  });
  await assertNoTrace();
});

test('the kernel lifts the hold of a hitless that was killed, and the next reload works', async () => {
  const old = await servingPid(question);
  await killWhileHolding(question, 'syn-drop');
  const held = await heldNow();
  assert.deepEqual(
    held?.held.map(({ family, address, port }) => [family, address, port]),
    [
      ['ipv4', null, 80],
      ['ipv6', null, 80],
    ],
  );
  const lapsed = async () => ((await heldNow())?.held.length === 0 ? true : undefined);
  assert.ok(await waitFor(lapsed, { timeoutMs: LAPSE_MS, intervalMs: 100 }), 'it lapses');
  const outcome = await losingNothing(question, [NEW, IPV6], async () => {
    return await reloaded(question, ...SYN_DROP);
  });
  assert.deepEqual(outcome.oldPids, [old]);
  await assertNoTrace();
  await assertAsBefore(question, outcome.newPids[0] ?? 0);
});

test('recover lets SYNs pass at once after a kill, and the old process serves on', async () => {
  const old = await servingPid(question);
  await losingNothing(question, [NEW, KEPT], async () => {
    await killWhileHolding(question, 'syn-drop');
    const ran = await hitless(question, 'recover');
    assert.equal(ran.code, 0, ran.stderr);
  });
  await assertNoTrace();
  await assertAsBefore(question, old);
});

test('a table of somebody else under that name is refused and left alone', async () => {
  await question.lb.must(['nft', `table inet ${SYN_DROP_TABLE} {\n chain theirs {\n }\n}`]);
  assertRefused(await hitless(question, 'reload', '--json', ...SYN_DROP), {
    exit: 10,
    code: 'method-unusable',
    message: /an nft table inet hitless_syn_drop that is not one of hitless/,
    hint: /nft list table inet hitless_syn_drop/,
  });
  assert.match(await tables(), /chain theirs/);
  await question.lb.must(['nft', `delete table inet ${SYN_DROP_TABLE}`]);
});

test('syn-hold says which part of the kernel is missing, or is lossless', async () => {
  const ran = await hitless(question, 'reload', '--json', '--dry-run', '--method', 'syn-hold');
  if (ran.code === 0) assert.equal(outcomeOf(ran).lossless, true);
  else {
    assertRefused(ran, {
      exit: 10,
      code: 'method-unusable',
      message: /this kernel has no (sch_plug|sch_prio|sch_ingress|cls_flower|act_mirred|ifb)/,
      hint: /--method syn-drop/,
    });
  }
});

test('binds to single addresses are held back at these', async () => {
  const single = (spec: HaproxySpec): HaproxySpec => ({
    ...spec,
    frontends: spec.frontends.map((one) => ({
      ...one,
      binds: ['10.77.0.1:80', 'fd77::1:80'],
    })),
  });
  const own = await startQuestionLab({ adapt: single });
  try {
    const dry = outcomeOf(await hitless(own, 'reload', '--dry-run', '--json', ...SYN_DROP));
    assert.match(
      dry.plan?.handOver.map(({ text }) => text).join('\n') ?? '',
      /drop SYNs to 10\.77\.0\.1:80, \[fd77::1\]:80/,
    );
    await losingNothing(own, [NEW, IPV6], async () => {
      await reloaded(own, ...SYN_DROP);
    });
  } finally {
    await own.lab.close();
  }
});

async function heldNow(): Promise<SynDropTable | undefined> {
  const argv = ['nft', '--json', 'list', 'table', 'inet', SYN_DROP_TABLE];
  const { code, stdout } = await question.lb.run(argv);
  return code === 0 ? parseSynDrop(stdout) : undefined;
}

async function tables(): Promise<string> {
  return await question.lb.must(['nft', 'list', 'ruleset']);
}

async function assertNoTrace(): Promise<void> {
  assert.equal(await tables(), '', 'no table is left');
}
