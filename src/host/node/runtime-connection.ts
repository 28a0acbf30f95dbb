import { connect as connectSocket, type Socket } from 'node:net';
import { failed } from '../../error.js';
import type { RuntimeConnection } from '../host.js';

/**
 * Opens an interactive session on HAProxy's stats or master socket (management.txt, 9.3).
 *
 * @throws HitlessError `socket-silent` when nobody listens there or no prompt comes in time
 */
export async function connect(path: string, timeoutMs: number): Promise<RuntimeConnection> {
  const socket = await open(path, timeoutMs);
  // Errors between two commands show at the next command.
  socket.on('error', () => undefined);
  let turn: Promise<unknown> = exchange(socket, path, 'prompt', timeoutMs);
  const ask = async (command: string): Promise<string> => {
    const answer = turn.then(async () => await exchange(socket, path, command, timeoutMs));
    turn = answer.catch(() => undefined);
    return await answer;
  };
  try {
    await turn;
  } catch (error) {
    socket.destroy();
    throw error;
  }
  return { ask, close: () => socket.destroy() };
}

async function open(path: string, timeoutMs: number): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = connectSocket(path);
    const timer = setTimeout(() => fail('no answer'), timeoutMs);
    const fail = (why: string): void => {
      clearTimeout(timer);
      socket.destroy();
      reject(
        failed('socket-silent', `cannot talk to HAProxy on ${path}: ${why}`, { subject: path }),
      );
    };
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

async function exchange(
  socket: Socket,
  path: string,
  command: string,
  timeoutMs: number,
): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      outcome();
    };
    const fail = (why: string): void =>
      settle(() =>
        reject(
          failed('socket-silent', `HAProxy on ${path} ${why} after "${command}"`, {
            subject: path,
          }),
        ),
      );
    const onClose = (): void => fail('closed the connection');
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('utf8');
      // The master's prompt reads "master> " or "1234> " (management.txt, 9.4).
      const end = /(?:^|\n)(?:master|\d+)?> $/.exec(text);
      if (end !== null) settle(() => resolve(text.slice(0, end.index)));
    };
    const timer = setTimeout(() => fail('did not answer'), timeoutMs);
    socket.on('data', onData).once('close', onClose);
    if (socket.destroyed) return onClose();
    socket.write(`${command}\n`);
  });
}
