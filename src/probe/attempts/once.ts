import { Exchange, type Verdict } from '../exchange.js';
import type { Carrier, Request } from '../ledger.js';
import type { Kind } from '../options.js';
import type { Reference } from '../reference.js';
import { requestText } from '../request-text.js';
import { dropWire, openWire, type Wire, type WireOwner } from '../wire.js';
import {
  type AttemptContext,
  type Attempts,
  LINGER_MS,
  PACE_MS,
  PACE_PIECES,
  Pause,
} from './context.js';
import { UPLOAD_BODY, UPLOAD_SHA256, uploadPiece } from './upload-body.js';

/** How one request on its own connection is carried. */
interface Manner {
  readonly kind: Kind;
  readonly reference: Reference;
  readonly text: (id: string) => string;
  /** Bytes read at once with a pause after each; all that is there when undefined. */
  readonly readBytes: number | undefined;
  readonly upload: boolean;
}

/** A new connection for each request: `new`, `tls`, `download` and `upload`. */
export function onceAttempts(context: AttemptContext, kind: Kind): Attempts {
  const upload = kind === 'upload';
  const manner: Manner = {
    kind,
    upload,
    reference: upload ? context.post : context.get,
    readBytes: kind === 'download' ? slowReadBytes(context.get) : undefined,
    text: requestText(context.target, {
      method: upload ? 'POST' : 'GET',
      close: true,
      ...(upload ? { length: UPLOAD_BODY.length } : {}),
    }),
  };
  return {
    start: (id, intendedMs) => {
      const request = context.ledger.send(id, kind, intendedMs);
      request.carrier = new OnceAttempt(context, manner, request);
    },
    close: () => undefined,
  };
}

const HEAD_ALLOWANCE_BYTES = 512;

function slowReadBytes({ answers }: Reference): number {
  const largest = Math.max(0, ...answers.map((answer) => answer.body.length));
  return Math.ceil(largest / PACE_PIECES) + HEAD_ALLOWANCE_BYTES;
}

class OnceAttempt implements WireOwner, Carrier {
  isConnected = false;
  readonly #context: AttemptContext;
  readonly #manner: Manner;
  readonly #request: Request;
  readonly #exchange: Exchange;
  readonly #openedMs: number;
  readonly #wire: Wire;
  #linger: Pause | undefined;

  constructor(context: AttemptContext, manner: Manner, request: Request) {
    this.#context = context;
    this.#manner = manner;
    this.#request = request;
    this.#exchange = new Exchange(manner.reference, manner.upload ? UPLOAD_SHA256 : undefined);
    this.#openedMs = context.ledger.nowMs();
    const { readBytes } = manner;
    this.#wire = openWire(context.target, this, readBytes === undefined ? {} : { readBytes });
  }

  connected(): void {
    this.isConnected = true;
    this.#request.connectMs = this.#context.ledger.nowMs() - this.#openedMs;
    this.#wire.write(this.#manner.text(this.#request.id), 'latin1');
    if (this.#manner.upload) this.#sendPiece(0);
  }

  received(bytes: Buffer, length: number): boolean {
    if (this.#request.settled) {
      this.#context.ledger.revoke(this.#request, 'bytes after the answer');
      this.#drop();
      return true;
    }
    const verdict = this.#exchange.feed(bytes, 0, length);
    if (verdict !== 'more') this.#settle(verdict);
    else if (this.#manner.readBytes !== undefined) return this.#readLater();
    return true;
  }

  closed(how: string): void {
    if (this.#linger !== undefined) this.#context.lingering.remove(this.#linger);
    if (this.#request.settled) return;
    const verdict = this.#exchange.ended(how, this.isConnected, false);
    const detail = this.#exchange.detail;
    if (verdict !== 'more') {
      this.#context.ledger.settle(
        this.#request,
        verdict,
        detail === '' ? how : `${how}, ${detail}`,
      );
    }
  }

  timedOut(): void {
    this.#drop();
  }

  #settle(verdict: Exclude<Verdict, 'more'>): void {
    this.#context.ledger.settle(this.#request, verdict, this.#exchange.detail);
    if (verdict !== 'answered') return this.#drop();
    this.#linger = new Pause(this.#context.ledger.nowMs() + LINGER_MS, () => dropWire(this.#wire));
    this.#context.lingering.add(this.#linger);
  }

  #drop(): void {
    if (this.#linger !== undefined) this.#context.lingering.remove(this.#linger);
    dropWire(this.#wire);
  }

  #readLater(): boolean {
    this.#later(() => this.#wire.resume());
    return false;
  }

  #sendPiece(index: number): void {
    const piece = uploadPiece(index);
    // An answer may come before the whole body was sent; then the rest is not wanted.
    if (piece.length === 0 || this.#request.settled) return;
    this.#wire.write(piece);
    this.#later(() => this.#sendPiece(index + 1));
  }

  #later(step: () => void): void {
    this.#context.pacing.add(new Pause(this.#context.ledger.nowMs() + PACE_MS, step));
  }
}
