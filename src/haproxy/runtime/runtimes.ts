import { failed } from '../../error.js';
import { waitFor } from '../../host/wait.js';
import type { Host, ProcessId, RuntimeConnection } from '../../host/host.js';
import { parseInfo } from './answers.js';

/** Connections to the runtime API of given processes, kept open until they are closed. */
export interface Runtimes {
  /**
   * The socket's path may lead to another generation by now, and generations that share it answer
   * in turn: connects again until this very process answers.
   *
   * @throws HitlessError `socket-silent`
   */
  readonly to: (process: ProcessId, sockets: readonly string[]) => Promise<RuntimeConnection>;
  /** An open connection keeps a stopping HAProxy from ending. */
  readonly close: (process: ProcessId) => void;
  readonly closeAll: () => void;
}

const CONNECT_TIMEOUT_MS = 1_000;
/** Connections to try at the same time once another process has answered the first. */
const AT_ONCE = 10;
/** More than one old process takes (`stats maxconn` is 10 unless it is configured). */
const STRANGERS_LIMIT = 12;
/** HAProxy closes an idle session after 10 s (`stats timeout`); a hand-over may take longer. */
const KEEP_OPEN = 'set timeout cli 600';

export function openRuntimes(host: Host, timeoutMs: number): Runtimes {
  const open = new Map<number, RuntimeConnection>();
  const close = ({ pid }: ProcessId): void => {
    open.get(pid)?.close();
    open.delete(pid);
  };
  return {
    to: async (process, sockets) => {
      const known = open.get(process.pid);
      if (known !== undefined && (await answers(known, process))) return known;
      close(process);
      const connection = await connectTo(host, process, sockets, timeoutMs);
      open.set(process.pid, connection);
      return connection;
    },
    close,
    closeAll: () => {
      for (const connection of open.values()) connection.close();
      open.clear();
    },
  };
}

/**
 * HAProxy passes its runtime sockets on too: an old generation that shares them is awake and often
 * wins the race for a new connection. Those that it has taken stay open until the wanted process
 * has answered: it serves ten at most (`stats maxconn`), the next one is left for the other.
 */
async function connectTo(
  host: Host,
  process: ProcessId,
  sockets: readonly string[],
  timeoutMs: number,
): Promise<RuntimeConnection> {
  const strangers: RuntimeConnection[] = [];
  const found = await waitFor(
    async () => {
      for (const path of sockets) {
        const connection = await tryConnect(host, path, process, strangers);
        if (connection !== undefined) return connection;
      }
      for (const stranger of strangers.splice(0, strangers.length - STRANGERS_LIMIT)) {
        stranger.close();
      }
      return (await host.processes.isAlive(process)) ? undefined : 'gone';
    },
    { timeoutMs, intervalMs: 0, clock: host.clock },
  );
  for (const stranger of strangers) stranger.close();
  if (found !== undefined && found !== 'gone') return found;
  const why = found === 'gone' ? 'has ended' : `did not answer within ${timeoutMs} ms`;
  throw failed('socket-silent', `pid ${process.pid} ${why} on ${sockets.join(', ')}`, {
    subject: `pid ${process.pid}`,
    hint: 'is the process stopped or stuck? "hitless status" shows it',
  });
}

/** Connects a few times at once; what others have answered goes to `strangers`. */
async function tryConnect(
  host: Host,
  path: string,
  process: ProcessId,
  strangers: RuntimeConnection[],
): Promise<RuntimeConnection | undefined> {
  const count = strangers.length === 0 ? 1 : AT_ONCE;
  const tries = Array.from({ length: count }, async () => {
    const connection = await host.sockets.connect(path, CONNECT_TIMEOUT_MS).catch(() => undefined);
    if (connection === undefined) return undefined;
    if (await answers(connection, process)) return connection;
    strangers.push(connection);
    return undefined;
  });
  const [first, ...more] = (await Promise.all(tries)).filter((found) => found !== undefined);
  for (const connection of more) connection.close();
  await first?.ask(KEEP_OPEN).catch(() => undefined);
  return first;
}

async function answers(connection: RuntimeConnection, process: ProcessId): Promise<boolean> {
  const info = await connection.ask('show info').catch(() => '');
  return parseInfo(info).get('Pid') === String(process.pid);
}
