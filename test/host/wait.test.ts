import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitFor } from '../../src/host/wait.js';

/** Looks that take `lookMs` each, until the time is over: the pauses between them. */
async function pauses(lookMs: number, restTimes?: number): Promise<readonly number[]> {
  let nowMs = 0;
  const slept: number[] = [];
  const clock = {
    now: () => nowMs,
    sleep: async (ms: number) => {
      slept.push(ms);
      nowMs += ms;
    },
  };
  const look = (): undefined => {
    nowMs += lookMs;
  };
  const rest = restTimes === undefined ? {} : { restTimes };
  await waitFor(look, { timeoutMs: 1_000, intervalMs: 10, clock, ...rest });
  return slept;
}

test('a look that takes long is followed by a pause of so many times its length', async () => {
  assert.equal(Math.max(...(await pauses(50, 9))), 450);
  assert.equal(Math.min(...(await pauses(50, 9))), 450);
});

test('short looks are as far apart as was asked for', async () => {
  assert.equal(Math.max(...(await pauses(1, 9))), 10);
  assert.equal(Math.max(...(await pauses(50))), 10);
});
