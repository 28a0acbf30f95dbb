import { resolve } from 'node:path';
import type { Command } from 'commander';
import { usage } from '../error.js';
import type { Target } from '../haproxy/instance.js';
import { parseCount } from './values.js';

export interface TargetFlags {
  readonly pid?: string;
  readonly pidFile?: string;
  readonly masterSocket?: string;
}

export function addTargetOptions(command: Command): Command {
  return command
    .option('--pid-file <file>', 'the HAProxy whose pid this file holds')
    .option('--master-socket <path>', 'the HAProxy whose master answers here (-S)')
    .option('--pid <pid>', 'the HAProxy with this pid');
}

export function targetOf(flags: TargetFlags): Target {
  const named = [flags.pid, flags.pidFile, flags.masterSocket].filter((flag) => flag !== undefined);
  if (named.length > 1) {
    throw usage('--pid, --pid-file and --master-socket exclude each other', 'keep one of them');
  }
  if (flags.pid !== undefined) return { pid: parseCount(flags.pid, 'pid') };
  if (flags.pidFile !== undefined) return { pidFile: resolve(flags.pidFile) };
  if (flags.masterSocket !== undefined) return { masterSocket: resolve(flags.masterSocket) };
  return {};
}
