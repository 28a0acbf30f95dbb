import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import { EXIT, HitlessError } from '../error.js';
import { trialName, type TrialSpec } from '../trial/spec.js';
import { type TrialOutcome, tryTrial } from '../trial/outcome.js';
import { runTrial, type Trial, type TrialHooks, type TrialProgress } from '../trial/trial.js';
import type { Io } from './command.js';

/** Runs trials one after another (they share the cores) and shows on stderr how far they are. */
export async function runTrials(specs: readonly TrialSpec[], io: Io): Promise<readonly Trial[]> {
  return await runEach(specs, io, runTrial, trialText);
}

/** As {@link runTrials}, but a trial that cannot be run here or breaks does not end the others. */
export async function tryTrials(
  specs: readonly TrialSpec[],
  io: Io,
): Promise<readonly TrialOutcome[]> {
  return await runEach(specs, io, tryTrial, outcomeText);
}

async function runEach<T>(
  specs: readonly TrialSpec[],
  io: Io,
  runOne: (spec: TrialSpec, hooks: TrialHooks) => Promise<T>,
  textOf: (result: T) => string,
): Promise<readonly T[]> {
  const results: T[] = [];
  const tasks = specs.map((spec) => ({
    title: trialName(spec),
    task: async (_: unknown, task: { title: string; output: string }): Promise<void> => {
      const result = await runOne(spec, {
        signal: io.signal,
        onProgress: (progress) => {
          if (io.interactive) task.output = progressText(progress);
        },
      });
      results.push(result);
      task.title = `${trialName(spec)}: ${textOf(result)}`;
    },
  }));
  const stderr = io.stderr as NodeJS.WriteStream;
  const logger = new ListrLogger({ processOutput: new ProcessOutput(stderr, stderr) });
  const list = new Listr(tasks, {
    concurrent: false,
    renderer: io.interactive ? 'default' : 'simple',
    rendererOptions: { logger, collapseSubtasks: false },
    registerSignalListeners: false,
  });
  await list.run().catch((cause: unknown) => {
    if (!io.signal.aborted) throw cause;
    const said = 'interrupted: the lab and all that ran in it are gone';
    throw new HitlessError('interrupted', EXIT.interrupted, said, { cause });
  });
  return results;
}

function progressText({ sent, lost, reloads }: TrialProgress): string {
  return `${sent} sent, ${lost} lost, ${reloads} reloads`;
}

function trialText({ report, reloads }: Trial): string {
  return `${report.lost.total} of ${report.sent} lost in ${reloads.length} reloads`;
}

function outcomeText(outcome: TrialOutcome): string {
  switch (outcome.kind) {
    case 'measured':
      return trialText(outcome.trial);
    case 'not-measured':
      return `not measured: ${outcome.why}`;
    case 'failed':
      return `failed: ${outcome.why}`;
  }
}
