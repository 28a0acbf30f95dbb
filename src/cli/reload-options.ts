import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usage } from '../error.js';
import { isMethodName, METHODS } from '../methods/registry.js';
import { DEFAULT_MAX_DRAINING, DEFAULT_TIMEOUT_MS, type ReloadRequest } from '../reload/request.js';
import type { PlannedFlags } from './run-planned.js';
import { addTargetOptions, targetOf, type TargetFlags } from './target-options.js';
import { parseCount, parseDurationMs } from './values.js';

export interface ReloadFlags extends TargetFlags, PlannedFlags {
  readonly file?: readonly string[];
  readonly method: string;
  readonly allowLoss?: boolean;
  readonly keepRuntime?: boolean;
  readonly binary?: string;
  readonly drainTimeout?: string;
  readonly maxDraining?: string;
}

/** What `reload` and every command that ends with a reload have in common. */
export function addReloadOptions(command: Command): Command {
  const names = Object.keys(METHODS).join(', ');
  command
    .option(
      '-f, --file <path>',
      'configuration file or folder, repeatable (default: as it runs)',
      collectFiles,
    )
    .option('--method <name>', `auto, ${names}`, 'auto')
    .option('--allow-loss', 'go on when the reload cannot be lossless')
    .option('--keep-runtime', 'write what was changed at run time into its files first')
    .option('--dry-run', 'check and plan, touch nothing');
  return addTargetOptions(command)
    .option('--binary <path>', 'start this program instead of the running one')
    .option('--timeout <duration>', 'limit for each step (default: 30s)')
    .option('--drain-timeout <duration>', 'how long clients may stay with the old generation')
    .option('--max-draining <count>', `old generations allowed (default: ${DEFAULT_MAX_DRAINING})`)
    .option('--wait', 'return only when the old generation has been retired')
    .option('--wait-lock <duration>', 'wait for another run to finish (default: 0s)')
    .option('--state-dir <path>', 'where runs are journaled')
    .option('--json', 'print one JSON document')
    .option('--ndjson', 'print one JSON event a line');
}

export function collectFiles(value: string, former: readonly string[] = []): readonly string[] {
  return [...former, value];
}

/** @throws HitlessError `usage` */
export function requestOf(flags: ReloadFlags): ReloadRequest {
  if (flags.method !== 'auto' && !isMethodName(flags.method)) {
    throw usage(
      `there is no method "${flags.method}"`,
      `choose one of auto, ${Object.keys(METHODS).join(', ')}`,
    );
  }
  const { drainTimeout, maxDraining } = flags;
  return {
    target: targetOf(flags),
    method: flags.method,
    allowLoss: flags.allowLoss === true,
    timeoutMs: flags.timeout === undefined ? DEFAULT_TIMEOUT_MS : positive(flags.timeout),
    maxDraining:
      maxDraining === undefined ? DEFAULT_MAX_DRAINING : parseCount(maxDraining, '--max-draining'),
    ...(flags.keepRuntime === true ? { keepRuntime: true } : {}),
    ...(drainTimeout === undefined ? {} : { drainTimeoutMs: parseDurationMs(drainTimeout) }),
    ...(flags.file === undefined ? {} : { configFiles: flags.file.map((path) => resolve(path)) }),
    ...(flags.binary === undefined ? {} : { binary: resolve(flags.binary) }),
  };
}

/** A duration that leaves time. @throws HitlessError `usage` */
export function positive(text: string): number {
  const ms = parseDurationMs(text);
  if (ms > 0) return ms;
  throw usage(`--timeout ${text} leaves no time`, 'write a duration above zero: 30s');
}
