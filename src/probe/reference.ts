import type { BodySink } from './body-sink.js';

/** Bodies beyond this number are taken for dynamic content, which cannot be compared. */
export const MAX_DISTINCT_ANSWERS = 8;
/** Reference bodies beyond this size are not kept. */
export const MAX_REFERENCE_BYTES = 8 * 1024 * 1024;

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** What right answers look like, learnt before the run. */
export interface Reference {
  readonly statuses: readonly number[];
  /** Right answers, whole; empty when `check` is `framing`. */
  readonly answers: readonly Answer[];
  readonly check: 'digest' | 'framing';
}

export function referenceOf(answers: readonly Answer[], wanted: 'digest' | 'framing'): Reference {
  const statuses = [...new Set(answers.map((answer) => answer.status))];
  const distinct = answers.filter((one, i) => answers.findIndex((two) => same(one, two)) === i);
  const large = distinct.some((answer) => answer.body.length > MAX_REFERENCE_BYTES);
  if (wanted === 'framing' || large || distinct.length > MAX_DISTINCT_ANSWERS) {
    return { statuses, answers: [], check: 'framing' };
  }
  return { statuses, answers: distinct, check: 'digest' };
}

function same(one: Answer, two: Answer): boolean {
  return one.status === two.status && one.body.equals(two.body);
}

/**
 * Compares a body with all reference bodies while it comes in: nothing is copied or hashed,
 * which is what lets every single answer be checked at full rate.
 */
export class BodyMatcher implements BodySink {
  #received = 0;
  /** Bit i: reference answer i agrees with everything so far. */
  #candidates: number;
  readonly #reference: Reference;

  constructor(reference: Reference) {
    this.#reference = reference;
    this.#candidates = (1 << reference.answers.length) - 1;
  }

  body(bytes: Buffer, start: number, end: number): void {
    const offset = this.#received;
    this.#received += end - start;
    const { answers } = this.#reference;
    for (let i = 0; i < answers.length; i += 1) {
      if ((this.#candidates & (1 << i)) === 0) continue;
      const expected = (answers[i] as Answer).body;
      const stop = offset + end - start;
      const agrees =
        stop <= expected.length && bytes.compare(expected, offset, stop, start, end) === 0;
      if (!agrees) this.#candidates &= ~(1 << i);
    }
  }

  /** Whether the body, now whole, is that of a reference answer with this status. */
  matches(status: number): boolean {
    if (this.#reference.check === 'framing') return true;
    return this.#reference.answers.some(
      (answer, i) =>
        (this.#candidates & (1 << i)) !== 0 &&
        answer.status === status &&
        answer.body.length === this.#received,
    );
  }
}
