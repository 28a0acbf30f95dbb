import assert from 'node:assert/strict';
import type { RunResult } from '../../src/host/node/run.js';
import { waitFor } from '../../src/host/node/wait.js';
import type { PairLab, PairNode } from '../../src/lab/pair-lab.js';
import type { QuestionLab } from '../../src/lab/question-lab.js';
import { hitless, LIMIT_MS, outcomeOf, type Outcome } from './support.js';

/** One of the two nodes as the tests of a single load balancer know it. */
export function asQuestion(pair: PairLab, node: PairNode = pair.first): QuestionLab {
  const { lab, client, origins, urls } = pair;
  return { lab, client, origins, urls, lb: node.node, haproxy: node.haproxy };
}

export const INTERFACE = ['--interface', 'eth0'] as const;
export const WEB = ['--service', '10.77.0.1:80', '--service', '[fd77::1]:80'] as const;

export async function prepare(pair: PairLab, services: readonly string[] = WEB): Promise<void> {
  for (const node of [pair.first, pair.second]) {
    const words = ['handoff', 'prepare', ...services, ...INTERFACE];
    const { code, stderr } = await hitless(asQuestion(pair, node), ...words);
    assert.equal(code, 0, stderr);
  }
}

/** `hitless handoff` on the first node, or on another, with the second one as its peer. */
export async function handoff(
  pair: PairLab,
  words: readonly string[],
  from: PairNode = pair.first,
): Promise<RunResult> {
  const peer = from === pair.first ? pair.second : pair.first;
  const peers = peer.node.addresses.flatMap((address) => ['--peer', address]);
  return await hitless(
    asQuestion(pair, from),
    'handoff',
    ...INTERFACE,
    ...peers,
    '--json',
    ...words,
  );
}

export function assertDone(ran: RunResult): Outcome {
  assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
  return outcomeOf(ran);
}

/** The hardest restart there is: every connection that is open then is lost. */
export function killAndStart({ haproxy }: PairNode): readonly string[] {
  const script = `
pid=$(cat "$0"); kill -KILL "$pid"
while kill -0 "$pid" 2>/dev/null; do sleep 0.01; done
exec "$@"`;
  return ['bash', '-c', script, haproxy.paths.pidFile, ...haproxy.argv];
}

/** Waits until no table of hitless is left in the node. */
export async function awaitNoRules({ node }: PairNode, timeoutMs = 120_000): Promise<void> {
  let left = '';
  const gone = await waitFor(
    async () => {
      left = await node.must(['nft', 'list', 'tables']);
      return left.includes('hitless') ? undefined : true;
    },
    { timeoutMs, intervalMs: 200 },
  );
  assert.ok(gone, `left in the kernel: ${left}`);
}

export async function assertNoRules({ node }: PairNode): Promise<void> {
  assert.equal(await node.must(['nft', 'list', 'tables']), '');
}

/** New flows go to the peer now. */
export async function isDiverting({ node }: PairNode): Promise<boolean> {
  const listed = await node.run(['nft', 'list', 'set', 'ip', 'hitless_handoff', 'services']);
  return listed.stdout.includes('elements');
}

export async function awaitTrue(look: () => Promise<boolean>, what: string): Promise<void> {
  const seen = await waitFor(async () => (await look()) || undefined, {
    timeoutMs: 2 * LIMIT_MS,
    intervalMs: 50,
  });
  assert.ok(seen, what);
}
