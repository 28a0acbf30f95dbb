import type { BodySink } from './body-sink.js';
import { ResponseParser } from './http-response.js';
import { MAX_REFERENCE_BYTES, type Answer } from './reference.js';
import { requestText } from './request-text.js';
import type { Target } from './target.js';
import { dropWire, openWire, type WireOwner } from './wire.js';

/**
 * One request on its own connection, answered whole: a GET, or a POST of `body`.
 *
 * @throws Error that says in words what was seen instead
 */
export function fetchOnce(
  target: Target,
  body: Buffer | undefined,
  timeoutMs: number,
): Promise<Answer> {
  const text = requestText(target, {
    method: body === undefined ? 'GET' : 'POST',
    close: true,
    ...(body === undefined ? {} : { length: body.length }),
  });
  return new Promise((resolve, reject) => {
    const collected = new Collected();
    const parser = new ResponseParser(collected);
    const end = (problem: string | undefined): void => {
      clearTimeout(timer);
      dropWire(wire);
      if (problem === undefined) resolve({ status: parser.status, body: collected.whole() });
      else reject(new Error(problem));
    };
    const owner: WireOwner = {
      connected: () => {
        wire.write(text('learning'), 'latin1');
        if (body !== undefined) wire.write(body);
      },
      received: (bytes, length) => {
        const stopped = parser.feed(bytes, 0, length);
        if (parser.state === 'failed') end(`no HTTP answer: ${parser.failure}`);
        else if (stopped < length) end('no HTTP answer: bytes after its end');
        else if (parser.state === 'done') end(undefined);
        return true;
      },
      closed: (how) => end(how === 'FIN' && parser.finish() ? undefined : describe(how)),
    };
    const wire = openWire(target, owner);
    const timer = setTimeout(() => end(`no whole answer within ${timeoutMs} ms`), timeoutMs);
  });
}

function describe(how: string): string {
  if (how === 'ECONNREFUSED') return 'connection refused';
  if (how === 'FIN') return 'it closes the connection before its answer is whole';
  return `connection failed with ${how}`;
}

class Collected implements BodySink {
  readonly #parts: Buffer[] = [];
  #length = 0;

  body(bytes: Buffer, start: number, end: number): void {
    this.#length += end - start;
    // One byte beyond the limit is enough to show that it is beyond.
    if (this.#length - (end - start) > MAX_REFERENCE_BYTES) return;
    this.#parts.push(Buffer.from(bytes.subarray(start, end)));
  }

  whole(): Buffer {
    return Buffer.concat(this.#parts);
  }
}
