import { ResponseParser } from './http-response.js';
import { causeOfEnding, causeOfStatus, type Cause, type Ending } from './outcome.js';
import { BodyMatcher, type Reference } from './reference.js';

/** `more`: not whole yet. `answered`: whole and right. */
export type Verdict = 'more' | 'answered' | Cause;

/** What an origin that digests uploads says it received. */
export const BODY_DIGEST_HEADER = 'x-body-sha256';

/** One request's answer, judged from its bytes and from how the connection ended. */
export class Exchange {
  readonly #parser: ResponseParser;
  readonly #matcher: BodyMatcher;
  readonly #reference: Reference;
  /** sha256 (hex) of the body that was sent, checked when the origin echoes it. */
  readonly #sentDigest: string | undefined;

  constructor(reference: Reference, sentDigest?: string) {
    this.#reference = reference;
    this.#matcher = new BodyMatcher(reference);
    this.#parser = new ResponseParser(this.#matcher);
    this.#sentDigest = sentDigest;
  }

  /** After a whole answer: the connection may carry another request. */
  get keepAlive(): boolean {
    return this.#parser.keepAlive;
  }

  /** In words, for the record of a loss. */
  get detail(): string {
    const { failure, status } = this.#parser;
    if (failure !== '') return failure;
    return status === 0 ? '' : `status ${status}`;
  }

  feed(bytes: Buffer, start: number, end: number): Verdict {
    const stopped = this.#parser.feed(bytes, start, end);
    if (this.#parser.state === 'failed') return 'protocol';
    if (this.#parser.state !== 'done') return 'more';
    return stopped < end ? 'protocol' : this.#judge();
  }

  /** The connection ended before the answer was whole, or by its end made it whole. */
  ended(how: string, connected: boolean, reused: boolean): Verdict {
    if (how === 'FIN' && this.#parser.finish()) return this.#judge();
    const ending: Ending = { how, connected, reused, begun: this.#parser.begun };
    return causeOfEnding(ending);
  }

  #judge(): Verdict {
    const { status } = this.#parser;
    if (!this.#reference.statuses.includes(status)) return causeOfStatus(status);
    if (!this.#matcher.matches(status)) return 'corrupt';
    if (this.#sentDigest === undefined) return 'answered';
    const received = this.#parser.header(BODY_DIGEST_HEADER) ?? this.#sentDigest;
    return received.toLowerCase() === this.#sentDigest ? 'answered' : 'corrupt';
  }
}
