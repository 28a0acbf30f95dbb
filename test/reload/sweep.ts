import { messageOf } from '../../src/error.js';
import type { CrashMode, Trouble } from '../fakes/effects.js';
import type { World } from '../fakes/world.js';
import { place, type Outcome } from './runs.js';
import { buildWorld, servingOf, type Scenario } from './scenarios.js';

export const CRASH_MODES: readonly CrashMode[] = ['before', 'half', 'after'];

/** More effects than any reload has: the sweep must have ended before. */
const LIMIT = 400;

export interface Sweep {
  /** How often the trouble has struck. */
  readonly struck: number;
  /** `where: what`, each a broken promise. */
  readonly problems: readonly string[];
}

export interface SweptRun {
  readonly world: World;
  readonly oldPid: number;
  readonly outcome: Outcome<unknown>;
}

/**
 * Repeats a run in a fresh world with trouble at its first effect, its second, and so on, until
 * the run ends without having met it.
 */
export async function sweep(
  scenario: Scenario,
  troubleAt: (at: number) => Trouble,
  run: (world: World, trouble: Trouble) => Promise<Outcome<unknown>>,
  judge: (swept: SweptRun) => Promise<void>,
): Promise<Sweep> {
  const problems: string[] = [];
  for (let at = 1; at <= LIMIT; at += 1) {
    const world = buildWorld(scenario);
    const oldPid = servingOf(world).pid;
    const outcome = await run(world, troubleAt(at));
    if (!outcome.effects.struck) return { struck: at - 1, problems };
    try {
      await judge({ world, oldPid, outcome });
    } catch (error) {
      problems.push(`${place(outcome)}: ${messageOf(error)}`);
    }
  }
  throw new Error(`still not ended after ${LIMIT} effects`);
}
