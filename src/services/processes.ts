import type { Host, ProcessId, ProcessInfo } from '../host/host.js';
import type { Service } from './service.js';

/** The processes of one running service. */
export interface ServiceProcesses {
  /** Take new connections. Oldest first. */
  readonly workers: readonly ProcessInfo[];
  /** Children of the master that listen on nothing: told to finish, or of another kind. */
  readonly others: readonly ProcessInfo[];
}

/** Every process of the program, oldest first. */
export async function processesNamed(
  host: Host,
  service: Service,
): Promise<readonly ProcessInfo[]> {
  const [program = '', ...more] = service.programs;
  const found = [...(await host.processes.named(program))];
  for (const name of more) found.push(...(await host.processes.named(name)));
  return found.filter(
    ({ exe, argv }) => isProgram(service, exe) || (exe === '' && argv.length > 0),
  );
}

function isProgram({ programs }: Service, exe: string): boolean {
  return programs.includes(exe.slice(exe.lastIndexOf('/') + 1));
}

export async function processesOf(
  host: Host,
  service: Service,
  master: ProcessId,
): Promise<ServiceProcesses> {
  const children = (await processesNamed(host, service)).filter(
    ({ parentPid }) => parentPid === master.pid,
  );
  const listening = new Set((await host.sockets.listeners(master.pid)).map(({ inode }) => inode));
  const workers: ProcessInfo[] = [];
  const others: ProcessInfo[] = [];
  for (const child of children) {
    const accepts = service.roleOf(child.argv, true) === 'worker';
    const held = accepts ? await host.sockets.inodesOf(child.pid) : new Set<number>();
    ([...held].some((inode) => listening.has(inode)) ? workers : others).push(child);
  }
  return { workers, others };
}
