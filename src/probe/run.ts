import { monotonicMs } from './clock.js';
import { type Crew, hireCrew } from './crew.js';
import type { ProbeControl, ProbeHooks } from './events.js';
import { mergeEncoded, newHistogram } from './histogram.js';
import { kernelDifference, readKernel } from './kernel.js';
import { LossTally, type ObservedLoss } from './loss.js';
import type { WorkerConfig, WorkerResult } from './messages.js';
import type { Kind, ProbeOptions } from './options.js';
import { ReloadTimeline } from './phases.js';
import { driveReloads, plannedReloads } from './reload-driver.js';
import { type ReloadRun, ReloadTally } from './reloads.js';
import { type KindTotals, makeReport, type Report, type Totals } from './report.js';
import type { Schedule } from './schedule.js';
import { bucketMsFor, Series } from './series.js';

/** Between telling the workers and the first arrival. */
const LEAD_MS = 50;
const PROGRESS_EVERY_MS = 500;
/** After Ctrl-C, what is still under way then is given up. */
const INTERRUPT_GRACE_MS = 1000;
/** Beyond all time-outs: for the workers to wind up. */
const WIND_UP_MS = 10_000;

/** One run of load, from hiring the workers to its report. */
export class Run {
  readonly #options: ProbeOptions;
  readonly #schedule: Schedule;
  readonly #runId: string;
  readonly #bodyCheck: Report['bodyCheck'];
  readonly #hooks: ProbeHooks;
  readonly #timeline = new ReloadTimeline();
  readonly #losses = new LossTally();
  readonly #reloads = new ReloadTally();
  /** Starts of marked reloads that have not ended. */
  readonly #marked = new Map<number, number>();
  readonly #ending = new AbortController();
  #crew: Crew | undefined;
  #startMs = Number.POSITIVE_INFINITY;
  #durationMs: number;
  #interrupted = false;

  constructor(
    options: ProbeOptions,
    schedule: Schedule,
    runId: string,
    bodyCheck: Report['bodyCheck'],
    hooks: ProbeHooks,
  ) {
    this.#options = options;
    this.#schedule = schedule;
    this.#runId = runId;
    this.#bodyCheck = bodyCheck;
    this.#hooks = hooks;
    this.#durationMs = schedule.forMs;
  }

  async execute(configs: readonly WorkerConfig[], control: Report | null): Promise<Report> {
    const before = await readKernel(this.#options.netnsOf);
    const crew = await hireCrew(configs, (losses) => this.#enter(losses));
    this.#crew = crew;
    try {
      this.#begin(crew);
      const results = await this.#follow(crew);
      const kernel = kernelDifference(before, await readKernel(this.#options.netnsOf));
      return this.#report(sum(results, this.#schedule), kernel, control);
    } finally {
      await crew.dismiss();
    }
  }

  #begin(crew: Crew): void {
    this.#startMs = monotonicMs() + LEAD_MS;
    crew.send({ kind: 'start', monotonicMs: this.#startMs });
    const { url } = this.#options;
    const [runId, bodyCheck] = [this.#runId, this.#bodyCheck];
    this.#hooks.onEvent?.({ event: 'ready', runId, url, bodyCheck, control: false });
    this.#hooks.onStart?.(this.#control(crew));
  }

  async #follow(crew: Crew): Promise<readonly WorkerResult[]> {
    const { reloads, timeoutMs } = this.#options;
    const interrupt = () => this.#interrupt(crew);
    const progress = setInterval(() => this.#showProgress(crew), PROGRESS_EVERY_MS);
    const { signal } = this.#hooks;
    signal?.addEventListener('abort', interrupt, { once: true });
    if (signal?.aborted) interrupt();
    const limitMs = this.#schedule.forMs + timeoutMs + WIND_UP_MS;
    try {
      const driving = reloads === undefined ? undefined : this.#drive();
      const results = await crew.results(limitMs);
      this.#ending.abort();
      await driving;
      return results;
    } finally {
      this.#ending.abort();
      clearInterval(progress);
      signal?.removeEventListener('abort', interrupt);
    }
  }

  #drive(): Promise<void> {
    const { reloads, forMs } = this.#options;
    if (reloads === undefined) return Promise.resolve();
    const watcher = {
      nowMs: () => this.#nowMs(),
      started: (id: number, atMs: number) => this.#startReload(id, atMs),
      ended: (run: ReloadRun) => this.#endReload(run),
    };
    return driveReloads(reloads, forMs, watcher, this.#ending.signal);
  }

  #control(crew: Crew): ProbeControl {
    return {
      reloadStarted: (id) => {
        this.#marked.set(id, this.#nowMs());
        this.#startReload(id, this.#nowMs());
      },
      reloadEnded: (id, ok, label) => {
        const startMs = this.#marked.get(id);
        if (startMs === undefined) return;
        this.#marked.delete(id);
        this.#endReload({ id, startMs, endMs: this.#nowMs(), ok, exitCode: null, label });
      },
      endAt: (atMs) => {
        this.#durationMs = Math.min(this.#durationMs, Math.max(atMs, this.#nowMs()));
        crew.send({ kind: 'end', atMs: this.#durationMs });
      },
      stop: () => this.#stop(crew, this.#options.timeoutMs),
    };
  }

  #interrupt(crew: Crew): void {
    this.#interrupted = true;
    this.#stop(crew, INTERRUPT_GRACE_MS);
  }

  #stop(crew: Crew, graceMs: number): void {
    this.#ending.abort();
    this.#durationMs = Math.max(0, Math.min(this.#durationMs, this.#nowMs()));
    crew.send({ kind: 'stop', graceMs });
  }

  #startReload(id: number, atMs: number): void {
    this.#timeline.start(id, atMs);
    this.#crew?.send({ kind: 'reload', state: 'start', atMs });
    this.#hooks.onEvent?.({ event: 'reload', state: 'start', id, atMs });
  }

  #endReload(run: ReloadRun): void {
    this.#timeline.end(run.id, run.endMs);
    this.#crew?.send({ kind: 'reload', state: 'end', atMs: run.endMs });
    this.#reloads.add(run);
    this.#hooks.onEvent?.({ event: 'reload', state: 'end', ...run });
  }

  #enter(losses: readonly ObservedLoss[]): void {
    for (const observed of losses) {
      const loss = { ...observed, phase: this.#timeline.phaseAt(observed.atMs) };
      if (this.#losses.add(loss)) this.#hooks.onEvent?.({ event: 'loss', ...loss });
    }
  }

  #showProgress(crew: Crew): void {
    const atMs = this.#nowMs();
    if (atMs < 0) return;
    this.#hooks.onEvent?.({ event: 'progress', atMs, control: false, ...crew.progress() });
  }

  #report(totals: Totals, kernel: Report['kernel'], control: Report | null): Report {
    const { reloads, forMs } = this.#options;
    const planned = reloads === undefined ? null : plannedReloads(reloads.when, forMs);
    return makeReport({
      options: this.#options,
      schedule: this.#schedule,
      runId: this.#runId,
      bodyCheck: this.#bodyCheck,
      interrupted: this.#interrupted,
      durationMs: this.#durationMs,
      totals,
      losses: this.#losses,
      reloads: this.#reloads.report(planned, this.#durationMs, this.#losses),
      kernel,
      control,
    });
  }

  #nowMs(): number {
    return monotonicMs() - this.#startMs;
  }
}

function sum(results: readonly WorkerResult[], { forMs }: Schedule): Totals {
  const lag = newHistogram();
  const totals: Totals = {
    kinds: new Map(),
    tunnels: 0,
    clientErrors: 0,
    unsettled: 0,
    reopened: 0,
    lag,
    carried: { open: 0, kept: 0 },
    series: new Series(bucketMsFor(forMs)),
  };
  for (const result of results) {
    totals.tunnels += result.tunnels;
    totals.clientErrors += result.clientErrors;
    totals.unsettled += result.unsettled;
    totals.reopened += result.reopened;
    totals.carried = {
      open: totals.carried.open + result.carried.open,
      kept: totals.carried.kept + result.carried.kept,
    };
    totals.series.add(result.series);
    mergeEncoded(lag, result.lag);
    for (const [kind, counts] of Object.entries(result.kinds)) {
      const into = kindTotals(totals, kind as Kind);
      into.sent += counts.sent;
      into.answered += counts.answered;
      into.lost += counts.lost;
      into.late += counts.late;
      mergeEncoded(into.latency.quiet, counts.latency.quiet);
      mergeEncoded(into.latency.reloading, counts.latency.reloading);
    }
  }
  return totals;
}

function kindTotals(totals: Totals, kind: Kind): KindTotals {
  let entry = totals.kinds.get(kind);
  if (entry === undefined) {
    const latency = { quiet: newHistogram(), reloading: newHistogram() };
    entry = { sent: 0, answered: 0, lost: 0, late: 0, latency };
    totals.kinds.set(kind, entry);
  }
  return entry;
}
