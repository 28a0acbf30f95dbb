import type { BodySink } from './body-sink.js';

type State = 'size' | 'data' | 'data-end' | 'trailer' | 'done' | 'failed';

const LINE_LIMIT_BYTES = 8 * 1024;
const SIZE_LINE = /^([0-9A-Fa-f]{1,12})(?:[ \t]*;[^\r\n]*)?$/;
const CR = 0x0d;
const LF = 0x0a;

/** Body with `Transfer-Encoding: chunked`, fed piece by piece; extensions and trailers are skipped. */
export class ChunkedBody {
  failure = '';
  #state: State = 'size';
  #line = '';
  #left = 0;
  readonly #sink: BodySink;

  constructor(sink: BodySink) {
    this.#sink = sink;
  }

  get done(): boolean {
    return this.#state === 'done';
  }

  /** @returns where it stopped: `end`, or less when the body was whole or damaged before. */
  feed(bytes: Buffer, start: number, end: number): number {
    let at = start;
    while (at < end && this.#state !== 'done' && this.#state !== 'failed') {
      at = this.#state === 'data' ? this.#feedData(bytes, at, end) : this.#feedLine(bytes, at, end);
    }
    return at;
  }

  #feedData(bytes: Buffer, start: number, end: number): number {
    const stop = Math.min(end, start + this.#left);
    this.#sink.body(bytes, start, stop);
    this.#left -= stop - start;
    if (this.#left === 0) this.#state = 'data-end';
    return stop;
  }

  #feedLine(bytes: Buffer, start: number, end: number): number {
    const found = bytes.indexOf(LF, start);
    const stop = found === -1 || found >= end ? end : found + 1;
    this.#line += bytes.toString('latin1', start, stop);
    if (this.#line.length > LINE_LIMIT_BYTES) this.#fail('chunk line too long');
    else if (bytes[stop - 1] === LF) this.#endLine();
    return stop;
  }

  #endLine(): void {
    const text = this.#line;
    this.#line = '';
    if (text.charCodeAt(text.length - 2) !== CR) return this.#fail('chunk line without CRLF');
    const line = text.slice(0, -2);
    if (this.#state === 'data-end') {
      if (line !== '') return this.#fail('chunk longer than announced');
      this.#state = 'size';
    } else if (this.#state === 'trailer') {
      if (line === '') this.#state = 'done';
    } else {
      this.#startChunk(line);
    }
  }

  #startChunk(line: string): void {
    const size = SIZE_LINE.exec(line);
    if (size === null) return this.#fail('malformed chunk size');
    this.#left = Number.parseInt(size[1] as string, 16);
    this.#state = this.#left === 0 ? 'trailer' : 'data';
  }

  #fail(why: string): void {
    this.#state = 'failed';
    this.failure = why;
  }
}
