import { messageOf } from '../error.js';
import type { Connections } from '../probe/options.js';
import type { TrialSpec } from './spec.js';
import { runTrial, type Trial, type TrialHooks } from './trial.js';
import { WAYS } from './ways/registry.js';
import type { Way } from './ways/way.js';

/** What became of a trial: measured, or the reason why it was not. Never left out in silence. */
export type TrialOutcome =
  | { readonly kind: 'measured'; readonly spec: TrialSpec; readonly trial: Trial }
  | { readonly kind: 'not-measured'; readonly spec: TrialSpec; readonly why: string }
  | { readonly kind: 'failed'; readonly spec: TrialSpec; readonly why: string };

/** As {@link runTrial}, but what cannot be run here or breaks is a result. @throws only when aborted */
export async function tryTrial(spec: TrialSpec, hooks: TrialHooks = {}): Promise<TrialOutcome> {
  const why = await reasonNotTo(WAYS[spec.way], spec.connections);
  if (why !== undefined) return { kind: 'not-measured', spec, why };
  try {
    return { kind: 'measured', spec, trial: await runTrial(spec, hooks) };
  } catch (error) {
    hooks.signal?.throwIfAborted();
    return { kind: 'failed', spec, why: messageOf(error) };
  }
}

/** What every way that serves plain HTTP can be measured with. */
const OVER_HTTP: readonly Connections[] = ['new', 'keep-alive', 'download', 'upload', 'mixed'];

/** Why a way cannot be measured here with such connections; undefined when it can. */
export async function reasonNotTo(
  { connections: served = OVER_HTTP, unusable }: Omit<Way, 'start'>,
  connections: Connections,
): Promise<string | undefined> {
  if (!served.includes(connections)) return `its lab has no service for ${connections} connections`;
  return await unusable?.().catch(messageOf);
}
