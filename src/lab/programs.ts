import { entryPoint } from '../entry-points.js';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { failed } from '../error.js';
import { waitFor } from '../host/node/wait.js';
import { awaitListening } from './listening.js';
import type { LabNode } from './node.js';
import type { LabProcess } from './process.js';

/** A TCP server of our own in a node. */
export interface ProgramService {
  readonly port: number;
  readonly process: LabProcess;
}

/** Receives HAProxy's log: `log 127.0.0.1:PORT` in the same node. */
export interface LogSink extends ProgramService {
  readonly file: string;
  /** For the configuration: `127.0.0.1:PORT`. */
  readonly target: string;
  /** Datagrams that the node's kernel dropped since it exists. Above zero the log has holes. */
  dropped(): Promise<number>;
}

const ECHO_PORT = 7;
const SLOW_HTTP_PORT = 8080;
const LOG_PORT = 514;
const BIND_TIMEOUT_MS = 10_000;

/** Sends back what it receives. */
export function startEcho(node: LabNode, port = ECHO_PORT): Promise<ProgramService> {
  return startListener(node, 'echo', port);
}

/** Answers `/?ms=N` after N milliseconds. */
export function startSlowHttp(node: LabNode, port = SLOW_HTTP_PORT): Promise<ProgramService> {
  return startListener(node, 'slow-http', port);
}

export async function startLogSink(node: LabNode, port = LOG_PORT): Promise<LogSink> {
  const file = join(node.dir, 'haproxy.requests.log');
  const process = await node.start([...argvOf('log-sink'), String(port), file], {
    name: 'log-sink',
  });
  const bound = await waitFor(async () => (await isBound(process.pid, port)) || undefined, {
    timeoutMs: BIND_TIMEOUT_MS,
  });
  if (!bound) throw failed('start-failed', `the log sink does not bind port ${port}`);
  const dropped = async () =>
    receiveErrors(await readFile(`/proc/${process.pid}/net/snmp`, 'utf8'));
  return { port, process, file, target: `127.0.0.1:${port}`, dropped };
}

async function startListener(node: LabNode, name: string, port: number): Promise<ProgramService> {
  const process = await node.start([...argvOf(name), String(port)], { name: `${name}-${port}` });
  await awaitListening(process, port);
  return { port, process };
}

function argvOf(name: string): readonly string[] {
  return [process.execPath, fileURLToPath(entryPoint(`lab/programs/${name}.js`))];
}

async function isBound(pid: number, port: number): Promise<boolean> {
  const local = `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return (await readFile(`/proc/${pid}/net/udp`, 'utf8')).includes(` ${local} `);
}

/** RcvbufErrors of the `Udp:` pair of lines: names, then values. */
function receiveErrors(snmp: string): number {
  const [names = [], values = []] = snmp
    .split('\n')
    .filter((line) => line.startsWith('Udp:'))
    .map((line) => line.split(' '));
  return Number(values[names.indexOf('RcvbufErrors')]);
}
