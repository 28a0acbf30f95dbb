import { EXIT } from '../error.js';
import { nodeHost } from '../host/node/index.js';
import { reload, type ReloadOptions } from '../reload/reload.js';
import type { PlanResult } from '../reload/run-plan.js';
import type { ReloadRequest } from '../reload/request.js';
import { reloadService, type ServiceRequest } from '../reload/service-reload.js';
import type { Io } from './command.js';
import { spawnDrainer } from './drainer.js';
import { planText, resultDocument, resultText } from './reload-text.js';
import { eventReporter } from './run-events.js';
import type { ReloadFlags } from './reload-options.js';
import { stateDirOf } from './state-dir.js';
import { parseDurationMs } from './values.js';

/** Carries a reload out and says what came of it. Shared by all commands that end with one. */
export async function runReload(request: ReloadRequest, flags: ReloadFlags, io: Io): Promise<void> {
  await runChange(flags, io, async (options) => await reload(nodeHost(), request, options));
}

/** The same for nginx and Apache. */
export async function runServiceReload(
  request: ServiceRequest,
  flags: ReloadFlags,
  io: Io,
): Promise<void> {
  await runChange(flags, io, async (options) => await reloadService(nodeHost(), request, options));
}

async function runChange(
  flags: ReloadFlags,
  io: Io,
  change: (options: ReloadOptions) => Promise<PlanResult>,
): Promise<void> {
  const stateDir = stateDirOf(flags.stateDir, io);
  const dryRun = flags.dryRun === true;
  const asJson = flags.json === true || flags.ndjson === true;
  const result = await change({
    stateDir,
    signal: io.signal,
    dryRun,
    wait: flags.wait === true,
    waitLockMs: flags.waitLock === undefined ? 0 : parseDurationMs(flags.waitLock),
    onEvent: eventReporter(io, flags.ndjson === true),
    onPlan: (plan) => {
      if (!asJson && !dryRun) io.stderr.write(planText(plan, io.columns, io.colour.stderr, false));
    },
    onDraining: async (runId) => await spawnDrainer(runId, stateDir),
  });
  showResult(result, asJson, io);
  io.exit(EXIT.done);
}

export function showResult(result: PlanResult, asJson: boolean, io: Io): void {
  if (asJson) {
    io.stdout.write(`${JSON.stringify(resultDocument(result))}\n`);
    return;
  }
  if (result.result === 'planned' && result.plan !== null) {
    io.stdout.write(planText(result.plan, io.columns, io.colour.stdout, true));
  }
  io.stdout.write(resultText(result, io.columns, io.colour.stdout));
}
