import type { Host, ProcessId, ProcessInfo } from '../host/host.js';
import { ownerComment, type Door } from '../host/nft-flip.js';
import { readJournal } from '../journal/journal.js';
import type { JournalRecord } from '../journal/record.js';
import { lockOwner } from '../journal/lock.js';
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
  const waitsFor = waitOf(progress);
  const sinceMs = await waitingSince(host, stateDir, runId, records);
  const timeoutMs = waitsFor === 'clients' ? quiet.timeoutMs : handshakesMs(progress);
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
    drainTimeoutMs: quiet.timeoutMs,
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

function waitOf({ plan, begun, after, end }: Progress): FlippedAway['waitsFor'] {
  const ids = (kind: Step['kind']): readonly string[] =>
    plan.retire.filter((step) => step.kind === kind).map(({ id }) => id);
  if (end !== undefined || ids('stop-instance').some((id) => begun.has(id))) return 'end';
  const settled = [...ids('quiesce'), ...ids('await-let-go')].some(
    (id) => after.has(id) || begun.has(id),
  );
  return settled || isSettled(plan.handOver, after) ? 'clients' : 'handshakes';
}

/** Nothing was left when the terminal waited: the long wait is over as it begins. */
function isSettled(handOver: readonly Step[], after: Progress['after']): boolean {
  return handOver.some(
    ({ kind, id }) => kind === 'await-let-go' && after.get(id)?.['unfinished'] === 0,
  );
}

function handshakesMs({ plan, handedOver }: Progress): number {
  const steps = handedOver ? plan.retire : plan.handOver;
  return steps.find((step) => step.kind === 'await-let-go')?.timeoutMs ?? 0;
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
