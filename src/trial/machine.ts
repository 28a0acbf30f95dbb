import { arch, cpus, release, type } from 'node:os';
import { run } from '../host/node/run.js';
import { withSystemPath } from '../lab/environment.js';

/** Where trials ran: figures of another machine are others. */
export interface Machine {
  readonly kernel: string;
  readonly haproxy: string;
  readonly node: string;
  readonly cores: number;
  readonly cpu: string;
}

export async function describeMachine(): Promise<Machine> {
  const all = cpus();
  return {
    kernel: `${type()} ${release()} ${arch()}`,
    haproxy: await haproxyVersion(),
    node: process.version,
    cores: all.length,
    cpu: all[0]?.model.trim() ?? 'unknown',
  };
}

async function haproxyVersion(): Promise<string> {
  const said = await run(['haproxy', '-v'], { env: withSystemPath() }).catch(() => undefined);
  return /version (\S+)/.exec(said?.stdout ?? '')?.[1] ?? 'unknown';
}
