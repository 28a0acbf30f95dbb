import type { Target } from './target.js';

/** The header by which a witness (a proxy's or an origin's log) can name a request. */
export const ID_HEADER = 'x-hitless-id';

export interface RequestText {
  readonly method: 'GET' | 'POST';
  readonly close: boolean;
  /** Bytes of the body that follows, for a POST. */
  readonly length?: number;
}

/** Everything of a request's head but its id, as a function of the id. */
export function requestText(target: Target, text: RequestText): (id: string) => string {
  const head =
    `${text.method} ${target.path} HTTP/1.1\r\nHost: ${target.host}\r\nUser-Agent: hitless\r\n` +
    `Accept: */*\r\n${text.close ? 'Connection: close\r\n' : ''}` +
    `${text.length === undefined ? '' : `Content-Length: ${text.length}\r\n`}${ID_HEADER}: `;
  return (id) => `${head}${id}\r\n\r\n`;
}
