import assert from 'node:assert/strict';
import { waitFor } from '../../src/host/node/wait.js';
import type { QuestionLab } from '../../src/lab/question-lab.js';
import { LIMIT_MS, linesOf, startHitless, stopInLab } from './support.js';

/** Final ACKs, and all that follows them, are held back for so long. */
const ACK_DELAY = '1s';
/** How long the old process stands still. */
const STALL_MS = 300;

/** The client's packets but SYNs vanish for a moment: handshakes stay half open at the proxy. */
export async function delayAcks({ client, lb }: QuestionLab): Promise<void> {
  const table = `table inet slow {
    set ports { type inet_service; flags timeout; }
    chain out { type filter hook output priority 0; tcp dport @ports tcp flags & syn == 0 drop; }
  }
  flush chain inet slow out
  add rule inet slow out tcp dport @ports tcp flags & syn == 0 drop
  add element inet slow ports { 80 timeout ${ACK_DELAY} }`;
  await client.must(['nft', table]);
  const halfOpen = async () => {
    const text = await lb.must(['ss', '-Htn', 'state', 'syn-recv', 'sport = :80']);
    return text.trim() === '' ? undefined : true;
  };
  assert.ok(await waitFor(halfOpen, { timeoutMs: LIMIT_MS }), 'handshakes are half open');
}

/** Hitless is killed as soon as the hold is there. */
export async function killWhileHolding(question: QuestionLab, method: string): Promise<void> {
  const child = await startHitless(question, 'reload', '--ndjson', '--method', method);
  const drained = linesOf(child, (line) => {
    const { step, state } = JSON.parse(line) as { step?: string; state?: string };
    if (step === 'hold' && state === 'done') child.kill('SIGKILL');
  });
  await child.exited;
  await drained;
}

/** A reload, the old process stalled from the start of the new one on. */
export async function reloadStalled(
  question: QuestionLab,
  old: number,
  ...words: readonly string[]
): Promise<void> {
  const child = await startHitless(question, 'reload', '--ndjson', ...words);
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

/** The question's own command, the old process stalled until connections wait in its queues. */
export async function stalledControl(question: QuestionLab, old: number): Promise<void> {
  const { lb, haproxy } = question;
  const stalled = await stopInLab(question, old);
  try {
    await lb.must([...haproxy.argv, '-sf', String(old)]);
    const waiting = async () => ((await acceptQueue(question)) >= QUEUED ? true : undefined);
    assert.ok(await waitFor(waiting, { timeoutMs: LIMIT_MS }));
  } finally {
    stalled.resume();
  }
}

/** Connections in the queues of the old process when it goes on: enough for the control to lose. */
const QUEUED = 20;

/** Connections that wait to be accepted on port 80, over all listeners. */
async function acceptQueue({ lb }: QuestionLab): Promise<number> {
  const text = await lb.must(['ss', '-H', '-l', '-t', '-n', 'sport = :80']);
  const lines = text.trim().split('\n');
  return lines.reduce((sum, line) => sum + Number(line.split(/\s+/)[1]), 0);
}
