import { refused } from '../error.js';
import type { Host, ProcessInfo } from '../host/host.js';
import { processesNamed, processesOf, type ServiceProcesses } from '../services/processes.js';
import type { Service, Started } from '../services/service.js';

/** Which running one is meant. At most one field is set; none: the only one there is. */
export interface ServiceTarget {
  readonly pid?: number;
  readonly pidFile?: string;
}

export interface RunningService extends ServiceProcesses {
  readonly master: ProcessInfo;
  readonly started: Started;
}

/**
 * @throws HitlessError `target-not-found`, `target-ambiguous`, `target-foreign`, `target-gone`,
 *   `permission`
 */
export async function findService(
  host: Host,
  service: Service,
  target: ServiceTarget,
): Promise<RunningService> {
  const all = await processesNamed(host, service);
  const masters = mastersOf(service, all);
  const master = await chosen(host, service, target, all, masters);
  refuseForeign(service, master);
  const { workers, others } = await processesOf(host, service, master);
  if (workers.length === 0) {
    throw refused(
      'target-foreign',
      `${service.label} (pid ${master.pid}) has no worker that listens`,
      {
        subject: `pid ${master.pid}`,
        hint: `is it starting or stopping, or does it run without workers (${service.name === 'nginx' ? 'master_process off' : '-X'})? such a one cannot reload`,
      },
    );
  }
  return { master, workers, others, started: service.startedAs(master.argv) };
}

export function mastersOf(service: Service, all: readonly ProcessInfo[]): readonly ProcessInfo[] {
  const pids = new Set(all.map(({ pid }) => pid));
  return all.filter(
    ({ argv, parentPid }) => service.roleOf(argv, pids.has(parentPid)) === 'master',
  );
}

async function chosen(
  host: Host,
  service: Service,
  target: ServiceTarget,
  all: readonly ProcessInfo[],
  masters: readonly ProcessInfo[],
): Promise<ProcessInfo> {
  const source = target.pidFile ?? '--pid';
  const pid =
    target.pidFile === undefined ? target.pid : await pidIn(host, service, target.pidFile);
  if (pid === undefined) return onlyOne(service, masters);
  const found = all.find((process) => process.pid === pid);
  if (found === undefined) throw await wrongPid(host, service, source, pid);
  const master = masters.find((one) => one.pid === pid || one.pid === found.parentPid);
  if (master !== undefined) return master;
  throw refused(
    'target-foreign',
    `${source} names pid ${pid}, which is no master of ${service.label}`,
    {
      subject: source,
      hint: 'does it run without workers? such a one cannot reload',
    },
  );
}

async function wrongPid(host: Host, service: Service, source: string, pid: number): Promise<Error> {
  const other = await host.processes.info(pid);
  if (other === undefined) {
    return refused('target-gone', `${source} names pid ${pid}, and there is no such process`, {
      subject: source,
      hint: `is ${service.label} running? "ps -C ${service.programs[0]}" lists what is`,
    });
  }
  const name = other.argv[0] ?? other.exe;
  return refused(
    'target-foreign',
    `${source} names pid ${pid}, which is ${name} and not ${service.label}`,
    {
      subject: source,
      hint: 'the file may be left over from before; name the right one, or another --service',
    },
  );
}

async function pidIn(host: Host, service: Service, path: string): Promise<number> {
  const text = (await host.files.read(path))?.toString('latin1');
  const pid = /^\s*(\d+)\s*$/.exec(text ?? '')?.[1];
  if (pid !== undefined) return Number(pid);
  const what = text === undefined ? `there is no pid file ${path}` : `${path} holds no pid`;
  throw refused('target-not-found', what, {
    subject: path,
    hint: `name the process with --pid, or the pid file that ${service.label} writes`,
  });
}

function onlyOne(service: Service, masters: readonly ProcessInfo[]): ProcessInfo {
  const [master] = masters;
  if (master === undefined) {
    throw refused('target-not-found', `no running ${service.label} was found`, {
      hint: 'start it first; if it runs under another name or in a container, name it with --pid',
    });
  }
  if (masters.length === 1) return master;
  const list = masters.map(({ pid, argv }) => `  ${pid}  ${argv.join(' ').trim()}`).join('\n');
  throw refused('target-ambiguous', `${masters.length} of ${service.label} are running:\n${list}`, {
    hint: 'say which one with --pid or --pid-file',
  });
}

function refuseForeign(service: Service, { pid, uid, exe, foreign }: ProcessInfo): void {
  if (exe === '') {
    throw refused('permission', `cannot look into pid ${pid}, which belongs to user ${uid}`, {
      subject: `pid ${pid}`,
      hint: `run hitless as root, or as the user who started ${service.label}`,
    });
  }
  if (!foreign.pid) return;
  throw refused('target-foreign', `pid ${pid} lives in another pid namespace (a container)`, {
    subject: `pid ${pid}`,
    hint: `run hitless inside it: nsenter --target ${pid} --all hitless reload --service ${service.name}`,
  });
}
