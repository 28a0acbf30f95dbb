import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { apacheConfig } from './apache-config.js';
import { awaitListening } from './listening.js';
import type { LabNode } from './node.js';
import type { LabProcess } from './process.js';

/** A running origin server: `/` names the node, `/big` is {@link BIG_BYTES} long. */
export interface Apache {
  readonly port: number;
  readonly process: LabProcess;
  readonly documentRoot: string;
  /** A line a request: id, status, bytes, path. */
  readonly accessLog: string;
  /** The whole body of `/`. */
  readonly body: string;
}

export interface ApacheOptions {
  readonly port?: number;
  readonly signal?: AbortSignal;
}

export const BIG_BYTES = 256 * 1024;
const DEFAULT_PORT = 80;
const NAME = 'apache';

/** @throws HitlessError `start-failed` with the end of Apache's error log */
export async function startApache(node: LabNode, options: ApacheOptions = {}): Promise<Apache> {
  const port = options.port ?? DEFAULT_PORT;
  const serverRoot = join(node.dir, `${NAME}-${port}`);
  const documentRoot = join(serverRoot, 'htdocs');
  const accessLog = join(serverRoot, 'access.log');
  const config = join(serverRoot, 'apache.conf');
  const body = `hello from ${node.name}\n`;
  await mkdir(documentRoot, { recursive: true });
  await writeFile(join(documentRoot, 'index.html'), body);
  await writeFile(join(documentRoot, 'big'), bigBody());
  const asRoot = node.mode === 'root';
  const pidFile = join(serverRoot, 'apache.pid');
  await writeFile(
    config,
    apacheConfig({ serverRoot, documentRoot, accessLog, pidFile, ports: [port], asRoot }),
  );
  if (!asRoot) await node.must(['sysctl', '-q', '-w', 'net.ipv4.ip_unprivileged_port_start=0']);
  const command = ['apache2', '-d', serverRoot, '-f', config, '-DFOREGROUND'];
  const process = await node.start([...asPlainUser(node), ...command], {
    name: `${NAME}-${port}`,
  });
  await awaitListening(process, port, options.signal);
  return { port, process, documentRoot, accessLog, body };
}

/**
 * In an unprivileged lab one is root and nobody else: Apache, which refuses to serve as root, gets
 * a user namespace in which the same user has another number.
 */
export function asPlainUser({ mode }: LabNode): readonly string[] {
  return mode === 'root' ? [] : AS_PLAIN_USER;
}

const AS_PLAIN_USER = ['unshare', '--user', '--map-user=1000', '--map-group=1000', '--'];

/** Every position differs from its neighbours, so that a body cut or mixed up is not equal. */
function bigBody(): Buffer {
  return Buffer.from(Array.from({ length: BIG_BYTES }, (_, index) => 33 + (index % 89)));
}
