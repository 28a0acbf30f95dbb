import { refused } from '../error.js';
import { waitFor } from '../host/wait.js';
import type { Prepared, Scene } from './flip-prepared.js';
import { flippedAway, sharesDoor } from './flipped-away.js';
import { DEFAULT_MAX_DRAINING } from './request.js';

const LOOK_EVERY_MS = 200;

/**
 * Each earlier instance is a whole service beside the others, and clients that stay for hours keep
 * it alive for as long.
 *
 * @returns whether it had to wait: what was seen before is old then
 * @throws HitlessError `too-many-generations`
 */
export async function awaitFlipRoom(
  { host, request, stateDir }: Omit<Scene, 'ruleset'>,
  { doors, serving }: Pick<Prepared, 'doors' | 'serving'>,
  timeoutMs: number,
): Promise<boolean> {
  if (stateDir === null) return false;
  const limit = request.maxDraining ?? DEFAULT_MAX_DRAINING;
  let looks = 0;
  let draining = 0;
  const room = await waitFor(
    async () => {
      looks += 1;
      const away = await flippedAway(host, stateDir);
      draining = away.filter(
        (one) => one.process.pid !== serving.leader?.pid && sharesDoor(one.doors, doors),
      ).length;
      return draining < limit ? true : undefined;
    },
    { timeoutMs, intervalMs: LOOK_EVERY_MS, clock: host.clock },
  );
  if (room === true) return looks > 1;
  throw refused(
    'too-many-generations',
    `${draining} earlier instance${draining === 1 ? ' is' : 's are'} still draining`,
    {
      hint: '"hitless status" shows whom they wait for; raise --max-draining, or end one (kill PID)',
    },
  );
}
