import { connect } from 'node:net';

/** A lab's HAProxy that has not answered after this is not going to. */
const ANSWER_TIMEOUT_MS = 2_000;

/** Sends one command to a HAProxy socket. @returns the answer, or undefined when there is none. */
export function askHaproxy(path: string, command: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let text = '';
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy());
    socket.on('connect', () => socket.write(`${command}\n`));
    socket.on('data', (chunk) => {
      text += chunk.toString();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(text === '' ? undefined : text.trim()));
  });
}
