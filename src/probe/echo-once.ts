import type { Target } from './target.js';
import { dropWire, openWire, type WireOwner } from './wire.js';

const MESSAGE = Buffer.from('hitless: does this tunnel echo?\n');

/**
 * Sends one message through a tunnel and waits for its echo.
 *
 * @throws Error that says in words what was seen instead
 */
export function echoOnce(target: Target, timeoutMs: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let echoed = 0;
    const end = (problem: string | undefined): void => {
      clearTimeout(timer);
      dropWire(wire);
      if (problem === undefined) resolve();
      else reject(new Error(problem));
    };
    const owner: WireOwner = {
      connected: () => void wire.write(MESSAGE),
      received: (bytes, length) => {
        const expected = MESSAGE.subarray(echoed, echoed + length);
        echoed += length;
        if (!expected.equals(bytes.subarray(0, length))) end('it answers, but does not echo');
        else if (echoed === MESSAGE.length) end(undefined);
        return true;
      },
      closed: (how) =>
        end(how === 'FIN' ? 'it closes without an echo' : `connection failed with ${how}`),
    };
    const wire = openWire(target, owner, { noDelay: true });
    const timer = setTimeout(() => end(`no echo within ${timeoutMs} ms`), timeoutMs);
  });
}
