import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import type { ProbeHooks } from './events.js';
import { readKernel } from './kernel.js';
import { type Lesson, learn } from './learn.js';
import type { WorkerConfig } from './messages.js';
import type { Kind, ProbeOptions } from './options.js';
import type { Report } from './report.js';
import { Run } from './run.js';
import { type Schedule, workersFor } from './schedule.js';
import { kindCycle, parseTarget } from './target.js';

/**
 * Puts load on a service and accounts for every request, while reloads (the options' command, or
 * ones marked through `hooks.onStart`'s control) go on.
 *
 * @throws HitlessError `usage`; `probe-failed` when the service does not answer beforehand or the
 *   prober itself fails; `target-gone`. Failed reload commands are in the report.
 */
export async function runProbe(options: ProbeOptions, hooks: ProbeHooks = {}): Promise<Report> {
  const target = parseTarget(options.url);
  const kinds = kindCycle(target, options.connections);
  await readKernel(options.netnsOf);
  const lesson = await learn(options, target, kinds.includes('upload'));
  const control = options.control ? await runQuiet(options, lesson, kinds, hooks) : null;
  const report = await runOnce(options, lesson, kinds, hooks, control);
  hooks.onEvent?.({ event: 'report', report });
  return report;
}

/** The same load with nothing else going on. */
function runQuiet(
  options: ProbeOptions,
  lesson: Lesson,
  kinds: readonly Kind[],
  hooks: ProbeHooks,
): Promise<Report> {
  const { reloads: _, ...quiet } = options;
  const { onEvent, signal } = hooks;
  const quietHooks: ProbeHooks = {
    ...(signal === undefined ? {} : { signal }),
    onEvent: (event) => {
      if (event.event === 'progress') onEvent?.({ ...event, control: true });
    },
  };
  return runOnce({ ...quiet, control: false }, lesson, kinds, quietHooks, null);
}

async function runOnce(
  options: ProbeOptions,
  lesson: Lesson,
  kinds: readonly Kind[],
  hooks: ProbeHooks,
  control: Report | null,
): Promise<Report> {
  const { ratePerSecond, forMs } = options;
  const workers = options.workers ?? workersFor(ratePerSecond, availableParallelism());
  const schedule: Schedule = { ratePerSecond, forMs, workers };
  const runId = randomBytes(4).toString('hex');
  const configs = Array.from({ length: workers }, (_, index): WorkerConfig => {
    const poolSize = Math.max(1, Math.floor((options.poolSize + index) / workers));
    const { timeoutMs } = options;
    return { index, runId, schedule, kinds, timeoutMs, poolSize, ...lesson };
  });
  const run = new Run(options, schedule, runId, lesson.get.check, hooks);
  return await run.execute(configs, control);
}
