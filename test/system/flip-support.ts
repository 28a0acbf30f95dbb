import assert from 'node:assert/strict';
import { waitFor } from '../../src/host/node/wait.js';
import type { QuestionLab } from '../../src/lab/question-lab.js';
import {
  awaitHaproxies,
  haproxies,
  hitless,
  LIMIT_MS,
  outcomeOf,
  type Outcome,
} from './support.js';

export const FLIP = ['flip', '--service', 'haproxy', '--health', 'http:///', '--json'] as const;

/** A flip of the lab's HAProxy that must succeed. */
export async function flipped(
  question: QuestionLab,
  ...words: readonly string[]
): Promise<Outcome> {
  const ran = await hitless(question, ...flipWords(question), ...words);
  assert.equal(ran.code, 0, `${ran.stderr}\n${ran.stdout}`);
  const outcome = outcomeOf(ran);
  assert.deepEqual([outcome.result, outcome.method], ['reloaded', 'flip']);
  return outcome;
}

export function flipWords({ haproxy }: QuestionLab): readonly string[] {
  return [...FLIP, '-f', haproxy.paths.config, '--drain-timeout', '5s'];
}

/** The ports that the map leads to, IPv4 and IPv6. */
export async function mapped({ lb }: QuestionLab): Promise<readonly number[]> {
  const { code, stdout } = await lb.run(['nft', 'list', 'table', 'inet', 'hitless_flip']);
  if (code !== 0) return [];
  return [...stdout.matchAll(/80 comment "[^"]*" : (\d+)/g)].map(([, port]) => Number(port));
}

/** What belongs to an instance of its own: `haproxy.cfg.flip-18000` and the like. */
export async function ownFiles({ lb }: QuestionLab): Promise<readonly string[]> {
  const text = await lb.must(['find', lb.dir, '-name', '*.flip-*', '-printf', '%f\n']);
  return text.split('\n').filter(Boolean).sort();
}

/** One instance, to which the map leads, and nothing of any other. */
export async function assertFlipped(question: QuestionLab, pid: number): Promise<void> {
  await awaitHaproxies(question, [pid]);
  const ports = await mapped(question);
  assert.equal(new Set(ports).size, 1, `the map leads to ${ports.join(', ')}`);
  const port = String(ports[0]);
  const settled = async (): Promise<true | undefined> =>
    (await ownFiles(question)).every((name) => name.endsWith(`.flip-${port}`)) || undefined;
  const done = await waitFor(settled, { timeoutMs: LIMIT_MS });
  assert.ok(done, `left behind: ${(await ownFiles(question)).join(' ')}`);
}

/** As if hitless had never been called. */
export async function assertUnflipped(question: QuestionLab, pid: number): Promise<void> {
  assert.deepEqual(haproxies(question), [pid]);
  assert.deepEqual(await mapped(question), []);
  assert.deepEqual(await ownFiles(question), []);
}
