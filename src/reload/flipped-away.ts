import type { Host, ProcessId, ProcessInfo } from '../host/host.js';
import { ownerComment, type Door } from '../host/nft-flip.js';
import { readJournal } from '../journal/journal.js';
import type { JournalRecord } from '../journal/record.js';
import { lockOwner } from '../journal/lock.js';
import type { AwaitLetGo } from '../steps/await-let-go.js';
import type { AwaitQuiet } from '../steps/await-quiet.js';
import type { FlipMap } from '../steps/flip-map.js';
import type { Step } from '../steps/registry.js';
import { progressOf, type Progress } from './progress.js';
import { runLock } from './recover.js';

/** An instance from which a flip has led new connections away, and which has not ended yet. */
export interface FlippedAway {
  readonly process: ProcessInfo;
  /** As beside the elements of the map. */
  readonly owner: string;
  /** Those that the flip led elsewhere. */
  readonly doors: readonly Door[];
  /** The ports on which its clients are connected to it. */
  readonly ports: readonly number[];
  readonly runId: string;
  readonly runEnded: boolean;
  /**
   * `handshakes`: what was on its way to it is still being accepted. `clients`: it keeps those
   * that it has until they leave or the drain time is over. `end`: it was told to finish.
   */
  readonly waitsFor: 'handshakes' | 'clients' | 'end';
  /** The end of that wait (ms since the epoch); null for `end`, and where nobody waits. */
  readonly untilMs: number | null;
  /** How long its clients may stay from then on that they are waited for; 0: that is over. */
  readonly drainTimeoutMs: number;
}

/**
 * From the journals that are kept, those of ended runs included: a run waits ten minutes for an
 * instance that it told to finish, and clients may stay for longer.
 */
export async function flippedAway(host: Host, stateDir: string): Promise<readonly FlippedAway[]> {
  const found: FlippedAway[] = [];
  const bootId = await host.kernel.bootId();
  for (const runId of await host.files.list(`${stateDir}/runs`)) {
    const records = await readJournal(host, stateDir, runId).catch(() => []);
    const progress = progressOf(records);
    if (progress === undefined || progress.bootId !== bootId) continue;
    const away = await awayBy(host, stateDir, runId, progress, records);
    if (away !== undefined) found.push(away);
  }
  return found;
}

async function awayBy(
  host: Host,
  stateDir: string,
  runId: string,
  progress: Progress,
  records: readonly JournalRecord[],
): Promise<FlippedAway | undefined> {
  const { plan, begun, end } = progress;
  const map = plan.handOver.find(isFlipMap);
  const quiet = plan.retire.find(isQuiet);
  if (map === undefined || quiet === undefined) return undefined;
  if (!begun.has(map.id) || (end !== undefined && end !== 'done')) return undefined;
  const process = await living(host, quiet.process);
  if (process === undefined) return undefined;
  const { waitsFor, timeoutMs } = waitOf(progress);
  const sinceMs = await waitingSince(host, stateDir, runId, records);
  return {
    process,
    owner: ownerComment(map.owner),
    doors: map.placements.map(({ family, host: address, port }) => ({
      family,
      host: address,
      port,
    })),
    ports: quiet.ports,
    runId,
    runEnded: end !== undefined,
    waitsFor,
    untilMs: waitsFor === 'end' || sinceMs === null ? null : sinceMs + timeoutMs,
    drainTimeoutMs: progress.after.has(quiet.id) ? 0 : quiet.timeoutMs,
  };
}

function isFlipMap(step: Step): step is FlipMap {
  return step.kind === 'flip-map';
}

function isQuiet(step: Step): step is AwaitQuiet {
  return step.kind === 'await-quiet';
}

async function living(
  host: Host,
  { pid, startTicks }: ProcessId,
): Promise<ProcessInfo | undefined> {
  const info = await host.processes.info(pid);
  return info?.startTicks === startTicks && info.state !== 'Z' ? info : undefined;
}

interface Wait {
  readonly waitsFor: FlippedAway['waitsFor'];
  readonly timeoutMs: number;
}

const NO_WAIT: Wait = { waitsFor: 'end', timeoutMs: 0 };

/** By the first step that is not past. */
function waitOf({ plan, after, handedOver, end }: Progress): Wait {
  if (end !== undefined) return NO_WAIT;
  if (!handedOver) {
    const timeoutMs = plan.handOver.find(isBarrier)?.timeoutMs ?? 0;
    return { waitsFor: 'handshakes', timeoutMs };
  }
  for (const step of plan.retire) {
    if (isPast(step, after)) continue;
    if (isBarrier(step)) return { waitsFor: 'handshakes', timeoutMs: step.timeoutMs };
    if (isQuiet(step)) return { waitsFor: 'clients', timeoutMs: step.timeoutMs };
    // That takes a moment.
    if (step.kind !== 'quiesce') return NO_WAIT;
  }
  return NO_WAIT;
}

/** A barrier that has nothing left to wait for is over as it begins, and writes nothing. */
function isPast(step: Step, after: Progress['after']): boolean {
  if (after.has(step.id)) return true;
  if (!isBarrier(step) || step.after === null) return false;
  return after.get(step.after)?.['unfinished'] === 0;
}

function isBarrier(step: Step): step is AwaitLetGo {
  return step.kind === 'await-let-go';
}

/** The wait that goes on began after what was written last, and not before whoever waits started. */
async function waitingSince(
  host: Host,
  stateDir: string,
  runId: string,
  records: readonly JournalRecord[],
): Promise<number | null> {
  const owner = await lockOwner(host, stateDir, runLock(runId));
  const watcher = owner === undefined ? undefined : await host.processes.info(owner.pid);
  if (watcher === undefined) return null;
  const written = records.flatMap((record) => ('atMs' in record ? [record.atMs ?? 0] : []));
  return Math.max(host.clock.now() - watcher.ageMs, ...written);
}

export function sharesDoor(some: readonly Door[], others: readonly Door[]): boolean {
  return some.some(({ family, host, port }) =>
    others.some((one) => one.family === family && one.host === host && one.port === port),
  );
}
