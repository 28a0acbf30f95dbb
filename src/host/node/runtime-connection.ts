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
  let turn: Promise<unknown> = exchange(socket, path, ['prompt'], timeoutMs);
  const askAll = async (commands: readonly string[]): Promise<readonly string[]> => {
    const answers = turn.then(async () => await inChunks(socket, path, commands, timeoutMs));
    turn = answers.catch(() => undefined);
    return await answers;
  };
  try {
    await turn;
  } catch (error) {
    socket.destroy();
    throw error;
  }
  const ask = async (command: string): Promise<string> => (await askAll([command]))[0] ?? '';
  return { ask, askAll, close: () => socket.destroy() };
}

/**
 * HAProxy's input buffer (tune.bufsize): more than that at once would only wait on our side, and
 * every chunk has the whole time-out.
 */
const CHUNK_BYTES = 15_000;

async function inChunks(
  socket: Socket,
  path: string,
  commands: readonly string[],
  timeoutMs: number,
): Promise<readonly string[]> {
  const answers: string[] = [];
  for (let from = 0; from < commands.length; ) {
    let to = from + 1;
    let size = (commands[from] ?? '').length;
    while (to < commands.length && size + (commands[to] ?? '').length < CHUNK_BYTES) {
      size += (commands[to] ?? '').length + 1;
      to += 1;
    }
    answers.push(...(await exchange(socket, path, commands.slice(from, to), timeoutMs)));
    from = to;
  }
  return answers;
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

/** The master's prompt reads "master> " or "1234> " (management.txt, 9.4). */
const PROMPT = /(?:^|\n)(?:master|\d+)?> /g;
const PROMPT_MAX = '\n4294967295> '.length;

async function exchange(
  socket: Socket,
  path: string,
  commands: readonly string[],
  timeoutMs: number,
): Promise<readonly string[]> {
  return await new Promise((resolve, reject) => {
    let text = '';
    const settle = (outcome: () => void): void => {
      clearTimeout(timer);
      socket.off('data', onData).off('close', onClose);
      outcome();
    };
    const fail = (why: string): void =>
      settle(() => {
        // What comes later would be taken for the answer of another command.
        socket.destroy();
        reject(
          failed('socket-silent', `HAProxy on ${path} ${why} after "${shown(commands)}"`, {
            subject: path,
          }),
        );
      });
    const onClose = (): void => fail('closed the connection');
    const onData = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.endsWith('> ')) return;
      const answers = answersIn(text, commands);
      if (answers !== undefined) settle(() => resolve(answers));
    };
    const timer = setTimeout(() => fail('did not answer'), timeoutMs);
    socket.on('data', onData).once('close', onClose);
    if (socket.destroyed) return onClose();
    socket.write(commands.map((command) => `${command}\n`).join(''), 'latin1');
  });
}

/** Undefined while some are missing. What a single command answers may look like a prompt. */
function answersIn(text: string, commands: readonly string[]): readonly string[] | undefined {
  if (commands.length === 1) {
    const whole = `\n${text}`;
    const tail = whole.slice(-PROMPT_MAX);
    const end = /\n(?:master|\d+)?> $/.exec(tail);
    if (end === null) return undefined;
    return [withoutPayloadPrompts(whole.slice(1, whole.length - tail.length + end.index))];
  }
  const parts = text.split(PROMPT);
  if (parts.length <= commands.length) return undefined;
  return parts.slice(0, commands.length).map(withoutPayloadPrompts);
}

/** For each line of a payload HAProxy prints "+ ". */
function withoutPayloadPrompts(answer: string): string {
  return answer.replace(/^(?:\+ )+/, '');
}

/** A payload may be a private key. */
function shown(commands: readonly string[]): string {
  const first = (commands[0] ?? '').split('\n', 1)[0] ?? '';
  return commands.length === 1 ? first : `${first}" and ${commands.length - 1} more`;
}
