import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asPlainUser } from './apache.js';
import { apacheProxyConfig, type ApacheProxySpec } from './apache-config.js';
import { awaitListening } from './listening.js';
import type { LabNode } from './node.js';
import type { LabProcess } from './process.js';

/** A running Apache in front of origins (mod_proxy). */
export interface ApacheProxy {
  readonly process: LabProcess;
  readonly config: string;
  readonly pidFile: string;
  readonly errorLog: string;
  /** As it was started, without what keeps it in the foreground. */
  readonly argv: readonly string[];
}

export type ApacheProxyOptions = Pick<ApacheProxySpec, 'origins' | 'keepAlive' | 'extra'> & {
  readonly signal?: AbortSignal;
};

/** @throws HitlessError `start-failed` with the end of its log */
export async function startApacheProxy(
  node: LabNode,
  { signal, ...options }: ApacheProxyOptions,
): Promise<ApacheProxy> {
  const serverRoot = join(node.dir, 'apache-proxy');
  const [config, pidFile, errorLog] = ['apache.conf', 'apache.pid', 'error.log'].map((file) =>
    join(serverRoot, file),
  ) as [string, string, string];
  await mkdir(serverRoot, { recursive: true });
  const asRoot = node.mode === 'root';
  const spec = { ...options, serverRoot, pidFile, errorLog, asRoot };
  await writeFile(config, apacheProxyConfig(spec));
  const argv = ['apache2', '-d', serverRoot, '-f', config];
  const process = await node.start([...asPlainUser(node), ...argv, '-DFOREGROUND'], {
    name: 'apache-proxy',
  });
  await awaitListening(process, 80, signal);
  return { process, config, pidFile, errorLog, argv };
}
