import type { Command } from 'commander';
import { EXIT } from '../error.js';
import type { Host } from '../host/host.js';
import { nodeHost } from '../host/node/index.js';
import { DEFAULT_TIMEOUT_MS } from '../reload/request.js';
import type { PlanOptions, PlanResult } from '../reload/run-plan.js';
import type { Io } from './command.js';
import { planText, resultDocument, resultText } from './reload-text.js';
import { eventReporter } from './run-events.js';
import { spawnDrainer } from './drainer.js';
import { stateDirOf } from './state-dir.js';
import { parseDurationMs } from './values.js';

/** What every command that carries a plan out has in common. */
export interface PlannedFlags {
  readonly timeout?: string;
  readonly waitLock?: string;
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
  readonly ndjson?: boolean;
  readonly stateDir?: string;
}

export function addPlannedOptions(command: Command): Command {
  return command
    .option('--dry-run', 'check and plan, touch nothing')
    .option('--timeout <duration>', 'limit for each step (default: 30s)')
    .option('--wait', 'return only when the old instance has been retired')
    .option('--wait-lock <duration>', 'wait for another run to finish (default: 0s)')
    .option('--state-dir <path>', 'where runs are journaled')
    .option('--json', 'print one JSON document')
    .option('--ndjson', 'print one JSON event a line');
}

/** Carries a plan out and says what came of it. */
export async function runPlanned(
  flags: PlannedFlags,
  io: Io,
  run: (host: Host, options: PlanOptions) => Promise<PlanResult>,
): Promise<void> {
  const result = await run(nodeHost(), planOptionsOf(flags, io));
  showResult(result, flags.json === true || flags.ndjson === true, io);
  io.exit(EXIT.done);
}

/** What the flags say about carrying a plan out, and how its course is told. */
export function planOptionsOf(flags: PlannedFlags, io: Io): PlanOptions {
  const stateDir = stateDirOf(flags.stateDir, io);
  const dryRun = flags.dryRun === true;
  const asJson = flags.json === true || flags.ndjson === true;
  return {
    stateDir,
    signal: io.signal,
    dryRun,
    wait: flags.wait === true,
    waitLockMs: flags.waitLock === undefined ? 0 : parseDurationMs(flags.waitLock),
    timeoutMs: flags.timeout === undefined ? DEFAULT_TIMEOUT_MS : parseDurationMs(flags.timeout),
    onEvent: eventReporter(io, flags.ndjson === true),
    onPlan: (plan) => {
      if (!asJson && !dryRun) io.stderr.write(planText(plan, io.columns, io.colour.stderr, false));
    },
    onDraining: async (runId) => await spawnDrainer(runId, stateDir),
  };
}

function showResult(result: PlanResult, asJson: boolean, io: Io): void {
  if (asJson) {
    io.stdout.write(`${JSON.stringify(resultDocument(result))}\n`);
    return;
  }
  if (result.result === 'planned' && result.plan !== null) {
    io.stdout.write(planText(result.plan, io.columns, io.colour.stdout, true));
  }
  io.stdout.write(resultText(result, io.columns, io.colour.stdout));
}
