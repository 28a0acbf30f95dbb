import { lookup } from 'node:dns/promises';
import { failed, HitlessError, messageOf } from '../error.js';
import { UPLOAD_BODY } from './attempts/upload-body.js';
import { fetchOnce } from './fetch-once.js';
import { echoOnce } from './echo-once.js';
import type { ProbeOptions } from './options.js';
import { type Answer, type Reference, referenceOf } from './reference.js';
import { describeEndpoint, parseTarget, type Target } from './target.js';

/** Answers looked at before the run. */
export const LEARNING_FETCHES = 16;
const LEARNING_TIMEOUT_MS = 5000;

export interface Lesson {
  /** With an address in place of a name. */
  readonly target: Target;
  readonly get: Reference;
  readonly post: Reference;
}

/**
 * Learns what right answers are, before there is any load or reload.
 *
 * @throws HitlessError `probe-failed` when the service does not answer, or answers with a 5xx
 */
export async function learn(
  options: ProbeOptions,
  target: Target,
  upload: boolean,
): Promise<Lesson> {
  const timeoutMs = Math.min(options.timeoutMs, LEARNING_TIMEOUT_MS);
  const reached = await reach(target, timeoutMs);
  if (reached.scheme === 'tcp') return { target: reached, get: NOTHING, post: NOTHING };
  const others = await Promise.all(
    options.references.map((url) => reach(parseTarget(url), timeoutMs)),
  );
  const get = await answersOf([reached, ...others], undefined, timeoutMs);
  const post = upload ? await answersOf([reached, ...others], UPLOAD_BODY, timeoutMs) : [];
  return {
    target: reached,
    get: referenceOf(get, options.bodyCheck),
    post: referenceOf(post, options.bodyCheck),
  };
}

const NOTHING: Reference = { statuses: [], answers: [], check: 'digest' };

/** The first of the target's addresses that answers. */
async function reach(target: Target, timeoutMs: number): Promise<Target> {
  let last: unknown;
  for (const candidate of await addressesOf(target)) {
    try {
      await (target.scheme === 'tcp'
        ? echoOnce(candidate, timeoutMs)
        : fetchOnce(candidate, undefined, timeoutMs));
      return candidate;
    } catch (error) {
      last = error;
    }
  }
  throw silent(target, messageOf(last), last);
}

async function addressesOf(target: Target): Promise<readonly Target[]> {
  const { endpoint } = target;
  if (endpoint.kind === 'unix') return [target];
  try {
    const addresses = await lookup(endpoint.host, { all: true });
    return addresses.map(({ address }) => ({
      ...target,
      endpoint: { ...endpoint, host: address },
    }));
  } catch (cause) {
    throw silent(target, `its name cannot be resolved: ${messageOf(cause)}`, cause);
  }
}

async function answersOf(
  targets: readonly Target[],
  body: Buffer | undefined,
  timeoutMs: number,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (const target of targets) {
    for (let i = 0; i < LEARNING_FETCHES; i += 1) {
      answers.push(await fetchAnswer(target, body, timeoutMs));
    }
  }
  return answers;
}

async function fetchAnswer(
  target: Target,
  body: Buffer | undefined,
  timeoutMs: number,
): Promise<Answer> {
  const answer = await fetchOnce(target, body, timeoutMs).catch((error: unknown) => {
    throw silent(target, messageOf(error), error);
  });
  if (answer.status >= 500) throw silent(target, `it answers with status ${answer.status}`);
  return answer;
}

function silent(target: Target, why: string, cause?: unknown): HitlessError {
  const where = `${target.url} (${describeEndpoint(target.endpoint)})`;
  return failed('probe-failed', `the service does not work before any load: ${where}: ${why}`, {
    subject: target.url,
    hint: 'check that it is up: the proof starts from a service that answers',
    ...(cause === undefined ? {} : { cause }),
  });
}
