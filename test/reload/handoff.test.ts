import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { HandoffWork } from '../../src/methods/handoff-facts.js';
import type { Trouble } from '../fakes/effects.js';
import {
  assertClean,
  buildNode,
  exitCodeOf,
  FAILOVER,
  RESTART,
  runHandoff,
  runRecover,
  said,
  SHARED,
  TRACK_FILE,
  type Node,
  type Ran,
} from './handoff-world.js';
import { CRASH_MODES } from './sweep.js';

const WORKS: readonly (readonly [string, HandoffWork])[] = [
  ['restart', RESTART],
  ['failover', FAILOVER],
];

for (const [name, work] of WORKS) {
  test(`${name}: nobody is cut, and nothing is left`, async () => {
    const node = buildNode();
    const ran = await runHandoff(node, work);
    assert.equal(exitCodeOf(ran), 0, said(ran));
    assertClean(node);
    assert.equal(node.runs, work.kind === 'command' ? 1 : 0);
    assert.equal(node.world.addresses.has(`${SHARED} eth0`), work.kind === 'command');
  });

  for (const mode of CRASH_MODES) {
    for (const laterMs of [0, 40_000]) {
      const when = laterMs === 0 ? 'at once' : 'after the rules have expired';
      test(`${name}: killed ${mode} any effect, recovered ${when}: nobody is cut, nothing is left`, async (t) => {
        const { struck, problems } = await sweep(
          work,
          (at) => ({ kind: 'crash', at, mode }),
          async (node) => {
            node.world.clock.advance(laterMs);
            // A command that was killed together with hitless is not what this is about.
            const recovered = await runRecover(node);
            assert.equal(exitCodeOf(recovered), 0, said(recovered));
            node.world.clock.advance(10_000);
            assertClean(node);
          },
        );
        t.diagnostic(`${struck} crash points`);
        assert.deepEqual(problems, []);
        assert.ok(struck > 20);
      });
    }
  }

  test(`${name}: whatever fails is put back, or put right by recover`, async () => {
    const { problems } = await sweep(
      work,
      (at) => ({ kind: 'failure', at }),
      async (node, ran) => {
        if (exitCodeOf(ran) === 12) {
          const recovered = await runRecover(node);
          assert.equal(exitCodeOf(recovered), 0, said(recovered));
        }
        await runRecover(node);
        node.world.clock.advance(10_000);
        assertClean(node);
      },
    );
    assert.deepEqual(problems, []);
  });
}

test('a silent peer is refused before anything is diverted', async () => {
  const node = buildNode();
  node.world.peerIsSilent = true;
  const ran = await runHandoff(node, RESTART);
  assert.equal(exitCodeOf(ran), 10, said(ran));
  assert.match(said(ran), /does not answer on 10\.0\.0\.100 port 8080/);
  assert.equal(node.runs, 0);
  assertClean(node);
});

test('clients that stay past the deadline: flows are taken back, the command is not run', async () => {
  const node = buildNode();
  const ran = await runHandoff(node, RESTART, undefined, { drainTimeoutMs: 50 });
  assert.equal(exitCodeOf(ran), 11, said(ran));
  assert.match(said(ran), /still open here/);
  assert.equal(node.runs, 0);
  assertClean(node);
});

test('a command that fails while the service answers is put back', async () => {
  const node = buildNode();
  node.world.programs.set('restart', () => ({ code: 3, stdout: '', stderr: 'no' }));
  const ran = await runHandoff(node, RESTART);
  assert.equal(exitCodeOf(ran), 11, said(ran));
  assertClean(node);
});

test('an address that does not move: the file has its former content again', async () => {
  const node = buildNode();
  const ran = await runHandoff(node, { ...FAILOVER, value: '-100' } as HandoffWork);
  assert.equal(exitCodeOf(ran), 11, said(ran));
  assert.equal(node.world.files.text(TRACK_FILE), '0\n');
  assertClean(node);
});

/** More effects than any hand-over has: the sweep must have ended before. */
const LIMIT = 600;

async function sweep(
  work: HandoffWork,
  troubleAt: (at: number) => Trouble,
  judge: (node: Node, ran: Ran) => Promise<void>,
): Promise<{ readonly struck: number; readonly problems: readonly string[] }> {
  const problems: string[] = [];
  for (let at = 1; at <= LIMIT; at += 1) {
    const node = buildNode();
    const ran = await runHandoff(node, work, troubleAt(at));
    if (!ran.effects.struck) return { struck: at - 1, problems };
    try {
      await judge(node, ran);
    } catch (error) {
      problems.push(`${ran.effects.where} (${said(ran)}): ${String(error)}`);
    }
  }
  throw new Error(`still not ended after ${LIMIT} effects`);
}
