import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { failed } from '../error.js';
import { waitFor } from '../host/node/wait.js';
import { keepalivedConfig, type KeepalivedSpec } from './keepalived-config.js';
import type { LabNode } from './node.js';
import { type LabProcess, logTail } from './process.js';

export interface Keepalived {
  readonly process: LabProcess;
  readonly trackFile: string;
  /** The node holds the shared addresses on its interface now. */
  holdsAddress(): Promise<boolean>;
}

export interface KeepalivedOptions extends Omit<KeepalivedSpec, 'trackFile'> {
  readonly signal?: AbortSignal;
}

const ELECTION_TIMEOUT_MS = 10_000;

/**
 * Starts a VRRP router in the node. All its paths are in the node's folder: the nodes of a lab
 * share /run, and a second keepalived that finds the pid file of the first one does not start.
 */
export async function startKeepalived(
  node: LabNode,
  options: KeepalivedOptions,
): Promise<Keepalived> {
  const dir = join(node.dir, 'keepalived');
  const [config, trackFile] = [join(dir, 'keepalived.conf'), join(dir, 'leave')];
  await mkdir(dir, { recursive: true });
  await writeFile(trackFile, '0\n');
  await writeFile(config, keepalivedConfig({ ...options, trackFile }));
  const pidFiles = ['--pid', join(dir, 'parent.pid'), '--vrrp_pid', join(dir, 'vrrp.pid')];
  const argv = ['keepalived', '--dont-fork', '--log-console', '--vrrp', '--use-file', config];
  const process = await node.start([...argv, ...pidFiles], { name: 'keepalived' });
  const [shared = ''] = options.addresses;
  const holdsAddress = async () =>
    (await node.must(['ip', '-o', 'addr', 'show', 'dev', 'eth0'])).includes(` ${shared} `);
  return { process, trackFile, holdsAddress };
}

/** @throws HitlessError `start-failed` with what keepalived said */
export async function awaitMaster(keepalived: Keepalived, signal?: AbortSignal): Promise<void> {
  const holds = async () => (await keepalived.holdsAddress()) || undefined;
  const options = { timeoutMs: ELECTION_TIMEOUT_MS, ...(signal ? { signal } : {}) };
  if (await waitFor(holds, options)) return;
  const { name, logFile } = keepalived.process;
  throw failed('start-failed', `${name} does not become master: ${logTail(logFile)}`);
}
