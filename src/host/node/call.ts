import { connect } from 'node:net';
import type { Call, CallResult } from '../host.js';

/** One TCP connection as a client makes it, closed when it has answered. */
export async function call({ address, port, from, send, timeoutMs }: Call): Promise<CallResult> {
  return await new Promise((resolve) => {
    const options = from === undefined ? {} : { localAddress: from };
    const socket = connect({ host: address, port, ...options });
    let connected = false;
    const settle = (answer: string, trouble: string): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve({ connected, answer, trouble });
    };
    const timer = setTimeout(() => settle('', 'no answer'), timeoutMs);
    socket.once('error', (error: NodeJS.ErrnoException) => settle('', error.code ?? error.message));
    socket.once('connect', () => {
      connected = true;
      if (send === undefined) settle('', '');
      else socket.write(send);
    });
    socket.once('data', (chunk: Buffer) => settle(chunk.toString('latin1'), ''));
    socket.once('end', () => settle('', 'closed without an answer'));
  });
}
