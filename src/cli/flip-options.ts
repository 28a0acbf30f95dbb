import { resolve } from 'node:path';
import { isIP } from 'node:net';
import { constants } from 'node:os';
import { usage } from '../error.js';
import {
  DEFAULT_STANDBY_PORTS,
  type FlipOptions,
  type FlipService,
  type HealthSpec,
  type PublicPort,
} from '../reload/flip-request.js';
import type { PlannedFlags } from './run-planned.js';
import { parseCount, parseDurationMs } from './values.js';

export interface FlipFlags extends PlannedFlags {
  readonly service?: string;
  readonly file?: readonly string[];
  readonly port?: readonly string[];
  readonly health?: readonly string[];
  readonly ports?: string;
  readonly drainTimeout?: string;
  readonly maxDraining?: string;
  readonly stopSignal?: string;
  readonly pid?: string;
}

/** @throws HitlessError `usage` */
export function flipRequestOf(argv: readonly string[], flags: FlipFlags): FlipOptions {
  return {
    service: serviceOf(argv, flags),
    health: (flags.health ?? []).map(healthOf),
    ports: flags.ports === undefined ? DEFAULT_STANDBY_PORTS : rangeOf(flags.ports),
    ...(flags.drainTimeout === undefined
      ? {}
      : { drainTimeoutMs: parseDurationMs(flags.drainTimeout) }),
    ...(flags.maxDraining === undefined
      ? {}
      : { maxDraining: parseCount(flags.maxDraining, '--max-draining') }),
    ...(flags.stopSignal === undefined ? {} : { stopSignal: signalOf(flags.stopSignal) }),
  };
}

const SERVICES = ['haproxy', 'nginx', 'apache'];

function serviceOf(argv: readonly string[], flags: FlipFlags): FlipService {
  const { service } = flags;
  if (argv.length > 0) {
    if (service !== undefined) {
      throw usage('--service and a command exclude each other', 'keep one of them');
    }
    const doors = (flags.port ?? []).map(publicPortOf);
    if (doors.length > 0) return { kind: 'command', doors, argv, cwd: process.cwd() };
    throw usage('--port is missing', 'name the port that clients connect to: --port 80');
  }
  if (service === undefined) {
    throw usage(
      'neither --service nor a command',
      'hitless flip --service haproxy, or hitless flip --port 80 -- PROGRAM --listen {port}',
    );
  }
  if (!SERVICES.includes(service)) {
    throw usage(`there is no service "${service}"`, `one of ${SERVICES.join(', ')}`);
  }
  if (flags.port !== undefined) {
    throw usage('--port goes with a command', `the ports of ${service} stand in its configuration`);
  }
  if (service === 'nginx' || service === 'apache') {
    if (flags.file === undefined) return { kind: service, pid: pidOf(flags) };
    throw usage(`-f is for HAProxy`, `${service} reads its own files again: change those`);
  }
  return {
    kind: 'haproxy',
    configFiles: flags.file === undefined ? null : flags.file.map((path) => resolve(path)),
  };
}

function pidOf({ pid }: FlipFlags): number | null {
  return pid === undefined ? null : parseCount(pid, '--pid');
}

/** `80`, `10.0.0.1:80`, `[fd00::1]:80`. */
export function publicPortOf(text: string): PublicPort {
  const match = /^(?:(?:\[([^\]]+)\]|([^:]+)):)?(\d+)$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? null;
  const port = Number(match?.[3]);
  const isAddress = host === null || isIP(host) !== 0;
  if (match !== null && isAddress && port > 0 && port < 65_536) return { host, port };
  throw usage(`"${text}" is no port`, 'write 80, 10.0.0.1:80 or [fd00::1]:80');
}

/** `http:///path`, `tcp`, or `command WORDS` cut at spaces (there is no shell). */
export function healthOf(text: string): HealthSpec {
  if (text === 'tcp') return { kind: 'tcp' };
  if (text.startsWith('command ')) {
    const argv = text.split(' ').slice(1).filter(Boolean);
    if (argv.length > 0) return { kind: 'command', argv };
  }
  const path = /^http:\/\/(\/\S*)$/.exec(text)?.[1];
  if (path !== undefined) return { kind: 'http', path };
  throw usage(
    `"${text}" is no health check`,
    'write http:///PATH (asked of the new instance itself), tcp, or "command PROGRAM {port}"',
  );
}

function rangeOf(text: string): FlipOptions['ports'] {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const [low, high] = [Number(match?.[1]), Number(match?.[2])];
  if (match !== null && low > 0 && low <= high && high < 65_536) return { low, high };
  throw usage(`"${text}" is no range of ports`, 'write LOW-HIGH: 18000-18999');
}

export function signalOf(text: string): NodeJS.Signals {
  const name = text.startsWith('SIG') ? text : `SIG${text}`;
  if (Object.hasOwn(constants.signals, name)) return name as NodeJS.Signals;
  throw usage(`there is no signal "${text}"`, 'write its name: SIGTERM, SIGQUIT, SIGUSR1');
}
