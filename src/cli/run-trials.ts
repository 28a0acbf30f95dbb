import { Listr, ListrLogger, ProcessOutput } from 'listr2';
import { trialName, type TrialSpec } from '../trial/spec.js';
import { runTrial, type Trial, type TrialProgress } from '../trial/trial.js';
import type { Io } from './command.js';

/** Runs trials one after another (they share the cores) and shows on stderr how far they are. */
export async function runTrials(specs: readonly TrialSpec[], io: Io): Promise<readonly Trial[]> {
  const trials: Trial[] = [];
  const tasks = specs.map((spec) => ({
    title: trialName(spec),
    task: async (_: unknown, task: { title: string; output: string }): Promise<void> => {
      const trial = await runTrial(spec, {
        signal: io.signal,
        onProgress: (progress) => {
          if (io.interactive) task.output = progressText(progress);
        },
      });
      trials.push(trial);
      task.title = `${trialName(spec)}: ${resultText(trial)}`;
    },
  }));
  const stderr = io.stderr as NodeJS.WriteStream;
  const logger = new ListrLogger({ processOutput: new ProcessOutput(stderr, stderr) });
  await new Listr(tasks, {
    concurrent: false,
    renderer: io.interactive ? 'default' : 'simple',
    rendererOptions: { logger, collapseSubtasks: false },
    registerSignalListeners: false,
  }).run();
  return trials;
}

function progressText({ sent, lost, reloads }: TrialProgress): string {
  return `${sent} sent, ${lost} lost, ${reloads} reloads`;
}

function resultText({ report, reloads }: Trial): string {
  return `${report.lost.total} of ${report.sent} lost in ${reloads.length} reloads`;
}
