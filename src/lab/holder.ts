import { spawn, type ChildProcess } from 'node:child_process';
import { failed } from '../error.js';
import { waitFor } from '../host/node/wait.js';
import { withSystemPath } from './environment.js';
import { childrenOf } from './proc.js';
import { type LabMode, unshareArgv } from './support.js';

/** PID 1 of a lab's own pid namespace. Every other thing of the lab ends with it. */
export interface Holder {
  readonly mode: LabMode;
  /** As the host counts. */
  readonly pid: number;
  /** Ends all processes of the lab; they are gone, not just signalled, when this resolves. */
  end(): Promise<void>;
}

/**
 * The init of the lab. Bash, since as PID 1 it reaps orphans (a daemonised haproxy that ended must
 * not stay as a zombie, hitless looks for it in /proc), and `read` needs no further process.
 * It ends at the end of its input, which comes however hitless dies, by SIGKILL too; then the
 * kernel kills the pid namespace, and the unnamed namespaces go with their last process.
 * A private /run keeps the names that `ip netns` gives, pid files and host daemons apart.
 */
const INIT = `
mount -t tmpfs -o mode=755 lab /run && mkdir -p /run/netns /run/lock || exit 1
ip link set lo up || exit 1
echo ready
while read -r _; do :; done
`;

const START_TIMEOUT_MS = 10_000;
const END_TIMEOUT_MS = 10_000;

export async function startHolder(mode: LabMode, signal?: AbortSignal): Promise<Holder> {
  const argv = [...unshareArgv(mode), 'bash', '-c', INIT];
  const child = spawn(argv[0] as string, argv.slice(1), {
    env: withSystemPath(),
    // Ctrl-C reaches the whole group of a terminal; the lab must outlive it until it is closed.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = collect(child);
  try {
    const pid = await waitFor(() => initPid(child, said), {
      timeoutMs: START_TIMEOUT_MS,
      ...(signal ? { signal } : {}),
    });
    if (pid === undefined) throw failed('lab-failed', `the lab's init did not start: ${said.err}`);
    return { mode, pid, end: () => end(child, pid) };
  } catch (error) {
    child.stdin?.end();
    child.kill('SIGKILL');
    throw error;
  }
}

interface Said {
  out: string;
  err: string;
  failure: Error | undefined;
}

function collect(child: ChildProcess): Said {
  const said: Said = { out: '', err: '', failure: undefined };
  child.stdout?.on('data', (chunk: Buffer) => {
    said.out += chunk.toString();
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    said.err += chunk.toString();
  });
  child.on('error', (error) => {
    said.failure = error;
  });
  // The init may end first; that it did is seen from its exit.
  child.stdin?.on('error', () => undefined);
  return said;
}

function initPid(child: ChildProcess, said: Said): number | undefined {
  if (said.failure !== undefined) {
    throw failed('tool-missing', `cannot run unshare: ${said.failure.message}`);
  }
  if (hasEnded(child)) {
    throw failed('lab-failed', `cannot make the lab's namespaces: ${said.err.trim()}`);
  }
  return said.out.includes('ready') ? childrenOf(child.pid as number)[0] : undefined;
}

async function end(child: ChildProcess, pid: number): Promise<void> {
  // unshare returns when its child is reaped, and the kernel lets a PID 1 be reaped only after
  // every other process of its pid namespace (zap_pid_ns_processes).
  const ended = () =>
    waitFor(() => hasEnded(child) || undefined, { timeoutMs: END_TIMEOUT_MS, intervalMs: 1 });
  child.stdin?.end();
  if (await ended()) return;
  process.kill(pid, 'SIGKILL');
  if (await ended()) return;
  throw failed('lab-failed', `the lab's init ${pid} does not end`, {
    subject: String(pid),
    hint: `look for processes in state D: ps -o pid,stat,wchan,args --ppid ${pid}`,
  });
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
