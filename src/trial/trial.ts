import { setTimeout as pause } from 'node:timers/promises';
import type { ProbeEvent } from '../probe/events.js';
import { failed } from '../error.js';
import type { Report } from '../probe/report.js';
import { type CpuMeter, type CpuMs, startCpuMeter } from './cpu-meter.js';
import { startProber, type ProberProcess } from './prober-process.js';
import type { TrialSpec } from './spec.js';
import { WAYS } from './ways/registry.js';
import type { Said, Stage } from './ways/way.js';

export interface ReloadOutcome extends Said {
  /** From the start of the command to its end. */
  readonly commandMs: number;
}

export interface Trial {
  readonly spec: TrialSpec;
  readonly report: Report;
  readonly reloads: readonly ReloadOutcome[];
  /** The most HAProxy processes seen at once, right after a reload. */
  readonly processesMax: number;
  readonly cpuMs: CpuMs;
}

export interface TrialHooks {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: TrialProgress) => void;
}

export interface TrialProgress {
  readonly sent: number;
  readonly lost: number;
  readonly reloads: number;
}

/** Reloads begin and end inside the load, so that every one of them is measured whole. */
const EDGE_MS = 500;
/** For a last reload that takes longer, the load goes on by this much at most. */
const OVERTIME_MS = 60_000;

/**
 * Runs one trial in a lab of its own.
 *
 * @throws HitlessError when the lab or the prober fails; reloads that fail are in the result
 */
export async function runTrial(spec: TrialSpec, hooks: TrialHooks = {}): Promise<Trial> {
  const signal = hooks.signal === undefined ? {} : { signal: hooks.signal };
  const { connections } = spec;
  const stage = await WAYS[spec.way].start({ ...signal, connections });
  try {
    return await measure(stage, spec, hooks);
  } finally {
    await stage.lab.close();
  }
}

async function measure(stage: Stage, spec: TrialSpec, hooks: TrialHooks): Promise<Trial> {
  const { client, proxy, references } = stage;
  const progress = { sent: 0, lost: 0, reloads: 0 };
  const onEvent = (event: ProbeEvent): void => {
    if (event.event !== 'progress') return;
    Object.assign(progress, { sent: event.sent, lost: event.lost });
    hooks.onProgress?.(progress);
  };
  // HAProxy's own processes come and go: the kernel's counters are read by way of this one.
  const anchor = await proxy.start(['sleep', 'infinity'], { name: 'anchor' });
  const prober = await startProber(
    client,
    urlFor(stage, spec),
    references,
    { ...spec, forMs: spec.forMs + OVERTIME_MS },
    anchor.pidInLab,
    onEvent,
  );
  const abort = (): void => prober.stop();
  hooks.signal?.addEventListener('abort', abort, { once: true });
  let cpu: CpuMeter | undefined;
  try {
    await prober.ready;
    cpu = startCpuMeter([proxy, ...(stage.peers ?? [])]);
    const onReload = (count: number): void => {
      progress.reloads = count;
      hooks.signal?.throwIfAborted();
    };
    const { reloads, processesMax } = await reloadAgainAndAgain(stage, spec, prober, onReload);
    const report = await prober.report;
    return { spec, report, reloads, processesMax, cpuMs: cpu.stop() };
  } finally {
    cpu?.stop();
    hooks.signal?.removeEventListener('abort', abort);
    prober.stop();
    await prober.report.catch(() => undefined);
  }
}

function urlFor({ urls, otherUrls }: Stage, { way, connections, ipv6 }: TrialSpec): string {
  const needsOwn = connections === 'tls' || connections === 'long';
  const url = (needsOwn ? otherUrls?.[connections] : urls)?.[ipv6 ? 1 : 0];
  if (url !== undefined) return url;
  throw failed('lab-failed', `the lab of ${way} has no service for ${connections} connections`);
}

async function reloadAgainAndAgain(
  stage: Stage,
  spec: TrialSpec,
  prober: ProberProcess,
  onReload: (count: number) => void,
): Promise<Pick<Trial, 'reloads' | 'processesMax'>> {
  const reloads: ReloadOutcome[] = [];
  let processesMax = 0;
  const startedMs = performance.now();
  let dueMs = EDGE_MS;
  const { forMs, reloadsMax = Number.POSITIVE_INFINITY } = spec;
  while (dueMs < forMs - EDGE_MS && reloads.length < reloadsMax) {
    await pause(Math.max(0, startedMs + dueMs - performance.now()));
    const id = reloads.length + 1;
    prober.mark({ mark: 'reload-start', id });
    const outcome = await timedReload(stage, reloads.length, spec.stalled);
    prober.mark({ mark: 'reload-end', id, ok: outcome.ok, label: outcome.said.slice(-200) });
    reloads.push(outcome);
    processesMax = Math.max(processesMax, countHaproxies(stage));
    onReload(reloads.length);
    dueMs = Math.max(dueMs + spec.everyMs, performance.now() - startedMs);
  }
  const enoughMs = performance.now() - startedMs + EDGE_MS;
  const atMs = reloads.length < reloadsMax ? Math.max(forMs, enoughMs) : enoughMs;
  prober.mark({ mark: 'end', atMs });
  return { reloads, processesMax };
}

async function timedReload(stage: Stage, turn: number, stalled: boolean): Promise<ReloadOutcome> {
  const startedMs = performance.now();
  const said = await stage.reload(turn, stalled);
  return { ...said, commandMs: performance.now() - startedMs };
}

function countHaproxies({ lab }: Stage): number {
  return lab.processes().filter(({ argv }) => argv[0]?.endsWith('haproxy') === true).length;
}
