import { join } from 'node:path';
import { failed } from '../error.js';
import type { RunOptions, RunResult } from '../host/node/run.js';
import { runEntering } from './command.js';
import { cpuInNamespace, type ProcessCpu } from './cpu.js';
import type { Environment } from './environment.js';
import type { Holder } from './holder.js';
import { type LabProcess, startProcess } from './process.js';
import type { NodeSpec } from './topology.js';

/** One machine of a lab: a network namespace, in the lab's own mount and pid namespaces. */
export interface LabNode {
  readonly name: string;
  readonly mode: Holder['mode'];
  /** Without prefix length, in the order of the topology. */
  readonly addresses: readonly string[];
  /** The node's own work folder, on the host and in the lab alike. */
  readonly dir: string;
  /** Its network namespace as a process inside the lab names it (`ip netns` works there too). */
  readonly netns: string;
  /**
   * The command line that runs `argv` in the node, for a spawn of your own. To end it early send
   * SIGKILL; other signals go to the process itself, see {@link start}. PATH must have /usr/sbin.
   */
  enterArgv(argv: readonly string[], cwd?: string): readonly string[];
  /** Runs a command to its end. A non-zero exit is a result. */
  run(argv: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** As `run`, and returns stdout; a non-zero exit is `lab-failed` with what the command said. */
  must(argv: readonly string[], options?: RunOptions): Promise<string>;
  start(argv: readonly string[], options: StartOptions): Promise<LabProcess>;
  /** The processes in the node's network namespace, and what each has used so far. */
  cpu(): readonly ProcessCpu[];
}

export interface StartOptions {
  readonly name: string;
  /** `log` (the default): stdout and stderr go to `<dir>/<name>.log`. */
  readonly stdio?: 'log' | 'pipe';
  readonly env?: Environment;
  /** The node's folder when absent. */
  readonly cwd?: string;
}

export function labNode(spec: NodeSpec, holder: Holder, labDir: string): LabNode {
  const dir = join(labDir, spec.name);
  const netns = `/run/netns/${spec.name}`;
  const root = `/proc/${holder.pid}/root`;
  const entry = entryArgv(holder, `${root}${netns}`);
  const enterArgv = (argv: readonly string[], cwd = dir) => [...entry(cwd), ...argv];
  const run = (argv: readonly string[], options: RunOptions = {}) =>
    runEntering(entry(options.cwd ?? dir), argv, options);
  return {
    name: spec.name,
    mode: holder.mode,
    addresses: spec.addresses.map((address) => address.replace(/\/.*/, '')),
    dir,
    netns,
    enterArgv,
    run,
    must: async (argv, options) => orThrow(spec.name, argv, await run(argv, options)),
    start: (argv, { name, stdio, env, cwd }) =>
      startProcess({
        name,
        argv: enterArgv(argv, cwd),
        ...(stdio === 'pipe' ? {} : { logFile: join(dir, `${name}.log`) }),
        ...(env ? { env } : {}),
      }),
    cpu: () => cpuInNamespace(root, netns),
  };
}

/**
 * The command line that runs something in the lab, by default in the namespace of its switch.
 * nsenter does not fork: it would stop itself whenever its child is stopped (WUNTRACED), and a
 * stalled proxy is what some tests are about. unshare, here only for its fork, does not.
 */
export function entryArgv(holder: Holder, netns?: string): (cwd: string) => readonly string[] {
  const user = holder.mode === 'user' ? ['--user', '--preserve-credentials'] : [];
  const net = netns === undefined ? '--net' : `--net=${netns}`;
  const target = ['--target', String(holder.pid), '--mount', '--pid', net, '--no-fork', '--'];
  const fork = ['unshare', '--fork', '--kill-child=SIGKILL'];
  return (cwd) => ['nsenter', ...user, ...target, ...fork, `--wd=${cwd}`, '--'];
}

export function orThrow(node: string, argv: readonly string[], result: RunResult): string {
  if (result.code === 0) return result.stdout;
  const how = result.killedBy ?? `exit ${result.code}`;
  throw failed('lab-failed', `${node}: ${argv.join(' ')}: ${result.stderr.trim() || how}`, {
    subject: node,
  });
}
