import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { failed } from '../../error.js';
import { parseStat } from '../proc.js';
import { isForeign, runCommand } from './commands.js';
import { files } from './files.js';
import { processes } from './processes.js';
import { sockets } from './sockets.js';
import type { Host, Kernel } from '../host.js';

/** The machine that hitless runs on. */
export function nodeHost(): Host {
  const self = parseStat(readFileSync('/proc/self/stat', 'utf8'));
  return {
    self: { pid: process.pid, startTicks: self.startTicks },
    processes,
    sockets,
    files,
    kernel,
    clock: { now: Date.now, sleep: async (ms) => await sleep(ms) },
    // Loaded when it is needed: node:http would cost every other start.
    reach: async (target) => await (await import('./reach.js')).reach(target),
    run: runCommand,
  };
}

const kernel: Kernel = { sysctl, setSysctl, bootId };

async function sysctl(name: string, pid: number): Promise<string | undefined> {
  const path = sysctlPath(name);
  if (!isForeign(pid, 'net')) return readIfThere(path);
  const { code, stdout } = await runCommand({ argv: ['cat', path], namespacesOf: pid });
  return code === 0 ? stdout.trim() : undefined;
}

/**
 * Under /proc/sys/net a file shows the namespace of the process that opens it, so another
 * program has to be started inside the namespace: ours cannot leave its own.
 */
async function setSysctl(name: string, value: string, pid: number): Promise<void> {
  const { code, stderr } = await runCommand({
    argv: ['sysctl', '-q', '-w', `${name}=${value}`],
    namespacesOf: pid,
  });
  if (code !== 0) {
    throw failed('permission', `cannot set ${name} to ${value}: ${stderr.trim()}`, {
      subject: name,
    });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined;
  }
}

function sysctlPath(name: string): string {
  return `/proc/sys/${name.replaceAll('.', '/')}`;
}

async function bootId(): Promise<string> {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}
