import { Fifo } from '../fifo.js';
import { type Cause, causeOfEnding } from '../outcome.js';
import type { Carrier, Request } from '../ledger.js';
import { dropWire, openWire, type Wire, type WireOwner } from '../wire.js';
import type { AttemptContext, Attempts } from './context.js';

/** Connections that stay for the whole run; each arrival is a message on one of them, by turns. */
export function tunnelAttempts(context: AttemptContext, poolSize: number, name: string): Attempts {
  const tunnels = Array.from({ length: poolSize }, (_, i) => new Tunnel(context, `${name}${i}`));
  let turn = 0;
  return {
    start: (id, intendedMs) => {
      const request = context.ledger.send(id, 'long', intendedMs);
      (tunnels[turn] as Tunnel).say(request);
      turn = (turn + 1) % tunnels.length;
    },
    openSince: (byMs) => tunnels.filter((tunnel) => tunnel.isOpenSince(byMs)).length,
    close: () => {
      for (const tunnel of tunnels) tunnel.close();
    },
  };
}

const MESSAGE_BYTES = 64;

interface Message {
  readonly request: Request;
  readonly bytes: Buffer;
}

class Tunnel implements WireOwner, Carrier {
  isConnected = false;
  readonly #context: AttemptContext;
  readonly #name: string;
  /** The connection itself, which is entered like a request that lasts. */
  #self: Request | undefined;
  #wire: Wire | undefined;
  #opened = 0;
  #openedMs = 0;
  #connectedMs = 0;
  /** Said and not yet wholly echoed, in order. */
  #said = new Fifo<Message>();
  /** Bytes of the first one that were echoed. */
  #echoed = 0;

  constructor(context: AttemptContext, name: string) {
    this.#context = context;
    this.#name = name;
  }

  say(request: Request): void {
    request.carrier = this;
    const bytes = Buffer.from(`${request.id.padEnd(MESSAGE_BYTES - 1, '.')}\n`, 'latin1');
    this.#said.put({ request, bytes });
    if (this.#wire === undefined) this.#open();
    else if (this.isConnected) this.#wire.write(bytes);
  }

  isOpenSince(byMs: number): boolean {
    return this.isConnected && this.#connectedMs <= byMs;
  }

  connected(): void {
    this.isConnected = true;
    this.#connectedMs = this.#context.ledger.nowMs();
    const connectMs = this.#connectedMs - this.#openedMs;
    const waiting = this.#said;
    this.#said = new Fifo();
    for (let next = waiting.take(); next !== undefined; next = waiting.take()) {
      if (next.request.settled) continue;
      next.request.connectMs = connectMs;
      this.#said.put(next);
      this.#wire?.write(next.bytes);
    }
  }

  received(bytes: Buffer, length: number): boolean {
    for (let at = 0; at < length; ) {
      const message = this.#said.peek();
      if (message === undefined) return this.#garbled('protocol', 'bytes that nobody said');
      const count = Math.min(message.bytes.length - this.#echoed, length - at);
      const end = this.#echoed + count;
      if (bytes.compare(message.bytes, this.#echoed, end, at, at + count) !== 0) {
        return this.#garbled('corrupt', 'echo differs');
      }
      at += count;
      this.#echoed = end;
      if (end === message.bytes.length) this.#echo(message);
    }
    return true;
  }

  closed(how: string): void {
    const { isConnected } = this;
    const cause = causeOfEnding({
      how,
      connected: isConnected,
      reused: false,
      begun: this.#echoed > 0,
    });
    this.#break(cause, how);
  }

  /** A tunnel that swallows a message is broken for all that follow. */
  timedOut(): void {
    this.#break(this.isConnected ? 'timeout' : 'connect-timeout', 'an earlier message timed out');
  }

  close(): void {
    if (this.#self !== undefined && !this.#self.settled)
      this.#context.ledger.closeTunnel(this.#self);
    dropWire(this.#wire);
    this.#wire = undefined;
  }

  #open(): void {
    const { ledger, runId } = this.#context;
    if (this.#opened > 0) ledger.reopened += 1;
    this.#self = ledger.openTunnel(`${runId}-tunnel-${this.#name}-${this.#opened}`);
    this.#opened += 1;
    this.#openedMs = ledger.nowMs();
    this.#wire = openWire(this.#context.target, this, { noDelay: true });
  }

  #echo(message: Message): void {
    this.#said.take();
    this.#echoed = 0;
    this.#context.ledger.settle(message.request, 'answered', '');
  }

  #garbled(cause: Cause, detail: string): boolean {
    this.#break(cause, detail);
    return true;
  }

  #break(cause: Cause, detail: string): void {
    const { ledger } = this.#context;
    dropWire(this.#wire);
    this.#wire = undefined;
    this.isConnected = false;
    this.#echoed = 0;
    for (let next = this.#said.take(); next !== undefined; next = this.#said.take()) {
      ledger.settle(next.request, cause, detail);
    }
    if (this.#self === undefined) return;
    const verdict = cause === 'client-error' ? cause : 'tunnel-broken';
    ledger.settle(this.#self, verdict, detail);
  }
}
