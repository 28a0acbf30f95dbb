import type { BodySink } from './body-sink.js';
import { ChunkedBody } from './chunked-body.js';

type State = 'head' | 'length' | 'chunked' | 'until-close' | 'done' | 'failed';

const HEAD_END = Buffer.from('\r\n\r\n');
const HEAD_LIMIT_BYTES = 64 * 1024;
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n]*)?$/;
const FIELD_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const LENGTH_LIMIT = /^\d{1,15}$/;

/**
 * One HTTP/1 answer to one request (never HEAD or CONNECT), fed piece by piece. Strict where
 * leniency would hide damage: CRLF only, no folded lines, one framing. RFC 9112.
 */
export class ResponseParser {
  state: State = 'head';
  status = 0;
  /** The connection may carry another request after this answer. */
  keepAlive = false;
  /** Why it is no HTTP answer; empty unless `failed`. */
  failure = '';
  #head = '';
  #held: Buffer | undefined;
  #left = 0;
  #chunks: ChunkedBody | undefined;
  readonly #sink: BodySink;

  constructor(sink: BodySink) {
    this.#sink = sink;
  }

  /** Some of an answer has come. */
  get begun(): boolean {
    return this.state !== 'head' || this.#held !== undefined || this.status !== 0;
  }

  /** @returns where it stopped: `end`, or less when the answer was whole (or damaged) before. */
  feed(bytes: Buffer, start: number, end: number): number {
    let at = start;
    let before: State | undefined;
    // A state may be left without a byte of its own (an empty body), hence the second condition.
    while (at < end || before !== this.state) {
      before = this.state;
      if (before === 'done' || before === 'failed') return at;
      at = before === 'head' ? this.#feedHead(bytes, at, end) : this.#feedBody(bytes, at, end);
    }
    return at;
  }

  /** The other side closed. @returns whether the answer is whole. */
  finish(): boolean {
    if (this.state === 'until-close') this.state = 'done';
    return this.state === 'done';
  }

  /** Value of a header field, by its name in lower case; the last one wins. */
  header(name: string): string | undefined {
    let found: string | undefined;
    for (const line of this.#head.split('\r\n').slice(1)) {
      const colon = line.indexOf(':');
      if (line.slice(0, colon).toLowerCase() === name) found = line.slice(colon + 1).trim();
    }
    return found;
  }

  #feedHead(bytes: Buffer, start: number, end: number): number {
    if (start === end) return start;
    if (this.#held !== undefined) return this.#feedHeldHead(bytes, start, end);
    const found = bytes.indexOf(HEAD_END, start);
    if (found === -1 || found + HEAD_END.length > end) {
      this.#hold(bytes.subarray(start, end));
      return end;
    }
    this.#parseHead(bytes.toString('latin1', start, found));
    return found + HEAD_END.length;
  }

  #feedHeldHead(bytes: Buffer, start: number, end: number): number {
    const held = this.#held as Buffer;
    const joined = Buffer.concat([held, bytes.subarray(start, end)]);
    const found = joined.indexOf(HEAD_END, Math.max(0, held.length - HEAD_END.length + 1));
    if (found === -1) {
      this.#hold(joined);
      return end;
    }
    this.#held = undefined;
    this.#parseHead(joined.toString('latin1', 0, found));
    return start + found + HEAD_END.length - held.length;
  }

  #hold(bytes: Buffer): void {
    if (bytes.length > HEAD_LIMIT_BYTES) return this.#fail('head too long');
    const prefix = bytes.toString('latin1', 0, 5);
    if (!'HTTP/'.startsWith(prefix)) return this.#fail('no status line');
    this.#held = Buffer.from(bytes);
  }

  #parseHead(head: string): void {
    const lineEnd = head.indexOf('\r\n');
    const line = STATUS_LINE.exec(lineEnd === -1 ? head : head.slice(0, lineEnd));
    if (line === null) return this.#fail('no status line');
    this.#head = head;
    this.status = Number(line[2]);
    const fields = lineEnd === -1 ? NO_FIELDS : readFields(head, lineEnd + 2);
    if (typeof fields === 'string') return this.#fail(fields);
    // 100 Continue and the like come before the answer proper.
    if (this.status < 200) return this.status === 101 ? this.#fail('101 unasked for') : undefined;
    this.keepAlive = line[1] === '1' ? !fields.close : fields.keepAlive;
    this.#frame(fields);
  }

  #frame(fields: Fields): void {
    if (this.status === 204 || this.status === 304) {
      this.state = 'done';
    } else if (fields.chunked) {
      if (fields.length !== undefined) return this.#fail('both a length and chunks');
      this.#chunks = new ChunkedBody(this.#sink);
      this.state = 'chunked';
    } else if (fields.length !== undefined) {
      this.#left = fields.length;
      this.state = fields.length === 0 ? 'done' : 'length';
    } else {
      this.keepAlive = false;
      this.state = 'until-close';
    }
  }

  #feedBody(bytes: Buffer, start: number, end: number): number {
    if (this.state === 'until-close') {
      if (end > start) this.#sink.body(bytes, start, end);
      return end;
    }
    if (this.state === 'chunked') return this.#feedChunks(bytes, start, end);
    const stop = Math.min(end, start + this.#left);
    if (stop > start) this.#sink.body(bytes, start, stop);
    this.#left -= stop - start;
    if (this.#left === 0) this.state = 'done';
    return stop;
  }

  #feedChunks(bytes: Buffer, start: number, end: number): number {
    const chunks = this.#chunks as ChunkedBody;
    const at = chunks.feed(bytes, start, end);
    if (chunks.failure !== '') this.#fail(chunks.failure);
    else if (chunks.done) this.state = 'done';
    return at;
  }

  #fail(why: string): void {
    this.state = 'failed';
    this.failure = why;
  }
}

interface Fields {
  length: number | undefined;
  chunked: boolean;
  close: boolean;
  keepAlive: boolean;
}

const NO_FIELDS: Fields = { length: undefined, chunked: false, close: false, keepAlive: false };

/** The fields that frame an answer, or what is wrong with them. */
function readFields(head: string, start: number): Fields | string {
  const fields: Fields = { ...NO_FIELDS };
  for (let at = start; at <= head.length; ) {
    const found = head.indexOf('\r\n', at);
    const end = found === -1 ? head.length : found;
    const colon = head.indexOf(':', at);
    if (colon === -1 || colon >= end) return 'header line without a colon';
    const name = head.slice(at, colon);
    if (!FIELD_NAME.test(name)) return 'malformed header name';
    const wrong = readField(fields, name, head, colon + 1, end);
    if (wrong !== undefined) return wrong;
    at = end + 2;
  }
  return fields;
}

function readField(
  fields: Fields,
  name: string,
  head: string,
  start: number,
  end: number,
): string | undefined {
  // Only three fields matter, and their lengths tell them from nearly all others.
  if (name.length === 14 && name.toLowerCase() === 'content-length') {
    const text = head.slice(start, end).trim();
    const length = LENGTH_LIMIT.test(text) ? Number(text) : undefined;
    if (length === undefined) return 'malformed content-length';
    if (fields.length !== undefined && fields.length !== length) return 'two content-lengths';
    fields.length = length;
  } else if (name.length === 17 && name.toLowerCase() === 'transfer-encoding') {
    if (head.slice(start, end).trim().toLowerCase() !== 'chunked') return 'unknown coding';
    fields.chunked = true;
  } else if (name.length === 10 && name.toLowerCase() === 'connection') {
    const options = head.slice(start, end).toLowerCase().split(',');
    fields.close ||= options.some((option) => option.trim() === 'close');
    fields.keepAlive ||= options.some((option) => option.trim() === 'keep-alive');
  }
  return undefined;
}
