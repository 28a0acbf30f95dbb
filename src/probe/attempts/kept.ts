import { Exchange, type Verdict } from '../exchange.js';
import { Fifo } from '../fifo.js';
import type { Carrier, Request } from '../ledger.js';
import { requestText } from '../request-text.js';
import { dropWire, openWire, type Wire, type WireOwner } from '../wire.js';
import { type AttemptContext, type Attempts, LINGER_MS, Pause } from './context.js';

/** A pool of connections, each with at most one request under way, used by turns. */
export function keptAttempts(context: AttemptContext, poolSize: number): Attempts {
  const pool = new KeptPool(context, poolSize);
  return {
    start: (id, intendedMs) => pool.submit(context.ledger.send(id, 'keep-alive', intendedMs)),
    openSince: (byMs) => pool.openSince(byMs),
    close: () => pool.close(),
  };
}

class KeptPool {
  readonly context: AttemptContext;
  readonly text: (id: string) => string;
  readonly #all: readonly KeptConnection[];
  readonly #free = new Fifo<KeptConnection>();
  /** Requests that found no free connection; those that timed out here are skipped. */
  readonly #waiting = new Fifo<Request>();

  constructor(context: AttemptContext, size: number) {
    this.context = context;
    this.text = requestText(context.target, { method: 'GET', close: false });
    this.#all = Array.from({ length: size }, () => new KeptConnection(this));
    for (const connection of this.#all) this.#free.put(connection);
  }

  submit(request: Request): void {
    const connection = this.#free.take();
    if (connection === undefined) this.#waiting.put(request);
    else connection.carry(request);
  }

  /** The connection has nothing to carry now, and may be closed. */
  release(connection: KeptConnection): void {
    for (let next = this.#waiting.take(); next !== undefined; next = this.#waiting.take()) {
      if (!next.settled) return connection.carry(next);
    }
    this.#free.put(connection);
  }

  openSince(byMs: number): number {
    return this.#all.filter((connection) => connection.isOpenSince(byMs)).length;
  }

  close(): void {
    for (const connection of this.#all) connection.close();
  }
}

class KeptConnection implements WireOwner, Carrier {
  isConnected = false;
  readonly #pool: KeptPool;
  #wire: Wire | undefined;
  #request: Request | undefined;
  #exchange: Exchange | undefined;
  /** The last one that was answered on this connection. */
  #served: Request | undefined;
  #openedMs = 0;
  #connectedMs = 0;

  constructor(pool: KeptPool) {
    this.#pool = pool;
  }

  carry(request: Request): void {
    this.#request = request;
    request.carrier = this;
    this.#exchange = new Exchange(this.#pool.context.get);
    if (this.#wire !== undefined) return this.#write(request);
    this.#openedMs = this.#pool.context.ledger.nowMs();
    this.isConnected = false;
    this.#wire = openWire(this.#pool.context.target, this, { noDelay: true });
  }

  connected(): void {
    const request = this.#request;
    this.isConnected = true;
    this.#connectedMs = this.#pool.context.ledger.nowMs();
    if (request === undefined) return;
    request.connectMs = this.#connectedMs - this.#openedMs;
    this.#write(request);
  }

  received(bytes: Buffer, length: number): boolean {
    const verdict = this.#exchange?.feed(bytes, 0, length);
    if (verdict === undefined) this.#unasked();
    else if (verdict === 'answered') this.#answered();
    else if (verdict !== 'more') this.#end(verdict, '');
    return true;
  }

  closed(how: string): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      // Closed while idle, as a server may: the next request opens another one.
      this.#pool.context.ledger.reopened += 1;
      this.#forget();
      return;
    }
    const verdict = exchange.ended(how, this.isConnected, this.#served !== undefined);
    if (verdict !== 'more') this.#end(verdict, how);
  }

  isOpenSince(byMs: number): boolean {
    return this.isConnected && this.#connectedMs <= byMs;
  }

  timedOut(): void {
    this.#idle();
    this.#forget();
    this.#pool.release(this);
  }

  close(): void {
    this.#forget();
  }

  #write(request: Request): void {
    this.#wire?.write(this.#pool.text(request.id), 'latin1');
  }

  #answered(): void {
    const { ledger } = this.#pool.context;
    const request = this.#request as Request;
    const goesOn = this.#exchange?.keepAlive === true;
    ledger.settle(request, 'answered', '');
    this.#served = request;
    this.#idle();
    if (!goesOn) this.#leave();
    this.#pool.release(this);
  }

  /** The server announced that it closes: let it, and open another one for the next request. */
  #leave(): void {
    const { ledger, lingering } = this.#pool.context;
    const wire = this.#wire as Wire;
    ledger.reopened += 1;
    wire.owner = undefined;
    lingering.add(new Pause(ledger.nowMs() + LINGER_MS, () => wire.destroy()));
    this.#wire = undefined;
    this.#forget();
  }

  #end(verdict: Exclude<Verdict, 'more'>, how: string): void {
    const detail = [how, this.#exchange?.detail ?? ''].filter((part) => part !== '').join(', ');
    this.#pool.context.ledger.settle(this.#request as Request, verdict, detail);
    this.#idle();
    this.#forget();
    this.#pool.release(this);
  }

  #unasked(): void {
    if (this.#served !== undefined) {
      this.#pool.context.ledger.revoke(this.#served, 'bytes that nobody asked for');
    }
    this.#forget();
  }

  #idle(): void {
    this.#request = undefined;
    this.#exchange = undefined;
  }

  #forget(): void {
    dropWire(this.#wire);
    this.#wire = undefined;
    this.#served = undefined;
    this.isConnected = false;
  }
}
