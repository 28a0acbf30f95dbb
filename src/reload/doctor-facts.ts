import { isAbsolute, join } from 'node:path';
import { HitlessError, refused } from '../error.js';
import type { DoctorFacts, RunningFacts, StateFile } from '../doctor/facts.js';
import { evaluate } from '../haproxy/config/evaluate.js';
import { globalsOf } from '../haproxy/config/globals.js';
import { find, type Config } from '../haproxy/config/resolve.js';
import { wordsOf } from '../haproxy/config/sections.js';
import { readConfigFiles } from '../haproxy/config-files.js';
import { startEnvironment } from '../haproxy/environment.js';
import { findInstance, type Instance } from '../haproxy/instance.js';
import { portOf } from '../host/endpoint.js';
import { parseShowProc } from '../haproxy/runtime/answers.js';
import { parseVersion, type Version } from '../haproxy/version.js';
import type { Host } from '../host/host.js';
import type { DoctorRequest } from './doctor-request.js';
import { gatherHostFacts, gatherTraffic } from './doctor-host.js';
import { gatherApache, gatherNginx } from './doctor-service.js';
import { readUnit } from './doctor-unit.js';

/**
 * Reads all that the checks may ask for; touches nothing. What cannot be read is left out.
 *
 * @throws HitlessError `target-...` when there is nothing to look at, `config-unreadable`
 */
export async function gatherDoctorFacts(host: Host, request: DoctorRequest): Promise<DoctorFacts> {
  switch (request.service) {
    case 'haproxy':
      return await haproxyFacts(host, request);
    case 'nginx':
      return await serviceFacts(host, request, { nginx: await gatherNginx(host, request) });
    case 'apache':
      return await serviceFacts(host, request, { apache: await gatherApache(host, request) });
  }
}

async function serviceFacts(
  host: Host,
  { stateDir }: DoctorRequest,
  found: Partial<Pick<DoctorFacts, 'nginx' | 'apache'>>,
): Promise<DoctorFacts> {
  return {
    config: null,
    version: null,
    mode: null,
    running: null,
    stateFiles: [],
    host: await gatherHostFacts(host, host.self.pid, []),
    traffic: await gatherTraffic(host, undefined, stateDir),
    unit: null,
    nginx: null,
    apache: null,
    ...found,
  };
}

async function haproxyFacts(host: Host, request: DoctorRequest): Promise<DoctorFacts> {
  const instance = await runningOne(host, request);
  const cwd = instance?.leader.cwd ?? '/';
  const names = request.configFiles ?? instance?.arguments.configFiles ?? [];
  const files = await readConfigFiles(host, names, cwd);
  const version = await versionOf(host, request, instance);
  const leader = instance?.leader.pid;
  const environment = leader === undefined ? undefined : await host.processes.environment(leader);
  const config = evaluate(
    files.map(({ document }) => document),
    { environment: startEnvironment(environment ?? {}), version: version?.text ?? '' },
  );
  const unit = await readUnit(host, leader, files);
  const pid = instance?.serving.pid;
  return {
    config,
    version,
    mode: modeOf(instance, config, unit?.settings.get('ExecStart')?.at(-1) ?? ''),
    running: instance === undefined ? null : await runningFacts(host, instance),
    stateFiles: await stateFiles(host, config, cwd),
    host: await gatherHostFacts(host, pid ?? host.self.pid, files),
    traffic: await gatherTraffic(host, pid, request.stateDir),
    unit,
    nginx: null,
    apache: null,
  };
}

/** Undefined: files are named, and nothing runs with them. */
async function runningOne(
  host: Host,
  { target, configFiles }: DoctorRequest,
): Promise<Instance | undefined> {
  const isNamed = Object.values(target).some((one) => one !== undefined);
  try {
    const instance = await findInstance(host, target);
    return isNamed || configFiles === undefined || runsWith(instance, configFiles)
      ? instance
      : undefined;
  } catch (error) {
    if (!(error instanceof HitlessError) || isNamed) throw error;
    const isNobody = error.code === 'target-not-found' || error.code === 'target-ambiguous';
    if (configFiles !== undefined && isNobody) return undefined;
    if (error.code !== 'target-not-found') throw error;
    throw refused('target-not-found', error.message, {
      hint: 'name the configuration with -f FILE; HAProxy need not be running',
      cause: error,
    });
  }
}

function runsWith({ arguments: args, leader }: Instance, names: readonly string[]): boolean {
  return args.configFiles.some((file) => names.includes(absolute(file, leader.cwd)));
}

function absolute(path: string, base: string): string {
  return isAbsolute(path) ? path : join(base, path);
}

const VERSION_TIMEOUT_MS = 10_000;

async function versionOf(
  host: Host,
  { binary }: DoctorRequest,
  instance: Instance | undefined,
): Promise<Version | null> {
  const leader = instance?.leader;
  const program = binary ?? (leader === undefined || leader.exe === '' ? 'haproxy' : leader.exe);
  const where = leader === undefined ? {} : { namespacesOf: leader.pid };
  const ran = await host
    .run({ argv: [program, '-v'], timeoutMs: VERSION_TIMEOUT_MS, ...where })
    .catch(() => undefined);
  return parseVersion(ran?.stdout ?? '') ?? null;
}

function modeOf(
  instance: Instance | undefined,
  config: Config,
  execStart: string,
): DoctorFacts['mode'] {
  const globals = globalsOf(config);
  if (instance?.mode === 'master-worker') return instance.mode;
  if (instance === undefined) {
    if (globals.masterWorker !== undefined || /\s-W/.test(execStart)) return 'master-worker';
    return globals.daemon !== undefined || /\s-D\b/.test(execStart) ? 'daemon' : null;
  }
  const { daemon, foreground } = instance.arguments;
  return !foreground && (daemon || globals.daemon !== undefined) ? 'daemon' : 'foreground';
}

async function runningFacts(host: Host, instance: Instance): Promise<RunningFacts> {
  const { serving, draining, listeners } = instance;
  const ports = listeners
    .filter(({ family }) => family !== 'unix')
    .map(({ local }) => portOf(local));
  const status = (await host.files.read(`/proc/${serving.pid}/status`))?.toString('latin1') ?? '';
  const limits = (await host.files.read(`/proc/${serving.pid}/limits`))?.toString('latin1') ?? '';
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(status)?.[1];
  const openFiles = /^Max open files\s+(\d+)/m.exec(limits)?.[1];
  return {
    pid: serving.pid,
    startedMs: host.clock.now() - serving.ageMs,
    ports: [...new Set(ports)],
    draining: draining.map(({ pid, ageMs }) => ({ pid, ageMs })),
    failedReloads: await failedReloads(host, instance),
    residentBytes: resident === undefined ? null : Number(resident) * 1024,
    openFiles: openFiles === undefined ? null : Number(openFiles),
  };
}

const MASTER_TIMEOUT_MS = 2_000;

async function failedReloads(
  host: Host,
  { arguments: args, leader }: Instance,
): Promise<number | null> {
  const path = args.masterSocket?.split(',')[0];
  if (path === undefined) return null;
  const connection = await host.sockets
    .connect(absolute(path, leader.cwd), MASTER_TIMEOUT_MS)
    .catch(() => undefined);
  if (connection === undefined) return null;
  try {
    return parseShowProc(await connection.ask('show proc')).failedReloads ?? null;
  } catch {
    return null;
  } finally {
    connection.close();
  }
}

/** Those that are loaded: the global one, and one for each proxy that has its own. */
async function stateFiles(host: Host, config: Config, cwd: string): Promise<readonly StateFile[]> {
  const { serverStateFile, serverStateBase } = globalsOf(config);
  const base = absolute(serverStateBase?.value ?? '.', cwd);
  const named = new Map<string, Omit<StateFile, 'modifiedMs'>>();
  for (const proxy of config.proxies) {
    const load = find(proxy, ({ keyword }) => keyword === 'load-server-state-from-file');
    const from = load && wordsOf(load.statement)[1]?.value;
    if (load === undefined) continue;
    const own = find(proxy, ({ keyword }) => keyword === 'server-state-file-name');
    const ownName =
      own === undefined ? proxy.name : (wordsOf(own.statement)[1]?.value ?? proxy.name);
    const name =
      from === 'global' ? serverStateFile?.value : from === 'local' ? ownName : undefined;
    if (name === undefined) continue;
    const { file, line } = from === 'global' ? (serverStateFile ?? load) : load;
    const path = absolute(name === 'use-backend-name' ? proxy.name : name, base);
    named.set(path, { path, file, line });
  }
  return await Promise.all(
    [...named.values()].map(async (one) => ({
      ...one,
      modifiedMs: (await host.files.info(one.path).catch(() => undefined))?.modifiedMs ?? null,
    })),
  );
}
