import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { awaitListening } from './listening.js';
import { nginxProxyConfig, type NginxProxySpec } from './nginx-config.js';
import type { LabNode } from './node.js';
import type { LabProcess } from './process.js';

/** A running nginx in front of origins. */
export interface NginxProxy {
  readonly process: LabProcess;
  readonly config: string;
  readonly pidFile: string;
  readonly errorLog: string;
  /** As it was started, without what keeps it in the foreground. */
  readonly argv: readonly string[];
}

export type NginxOptions = Pick<
  NginxProxySpec,
  'origins' | 'workers' | 'keepaliveTimeout' | 'listenOptions' | 'main'
> & { readonly name?: string; readonly signal?: AbortSignal };

const DEFAULT_NAME = 'nginx';

/** @throws HitlessError `start-failed` with the end of its log */
export async function startNginx(node: LabNode, options: NginxOptions): Promise<NginxProxy> {
  const { name = DEFAULT_NAME, signal, ...spec } = options;
  const dir = join(node.dir, name);
  const [config, pidFile, errorLog] = ['nginx.conf', 'nginx.pid', 'error.log'].map((file) =>
    join(dir, file),
  ) as [string, string, string];
  await mkdir(dir, { recursive: true });
  const asRoot = node.mode === 'root';
  await writeFile(config, nginxProxyConfig({ ...spec, dir, pidFile, errorLog, asRoot }));
  const argv = ['nginx', '-p', dir, '-c', config];
  const process = await node.start([...argv, '-g', 'daemon off;'], { name });
  await awaitListening(process, 80, signal);
  return { process, config, pidFile, errorLog, argv };
}
