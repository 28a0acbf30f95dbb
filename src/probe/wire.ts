import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import type { Target } from './target.js';

/** Who is told what happens on a connection. After `closed`, or once let go, nobody is. */
export interface WireOwner {
  /** Ready to carry a request (for TLS: after its handshake). */
  connected(): void;
  /** @returns false to stop reading until `resume()`; `bytes` is only valid during the call. */
  received(bytes: Buffer, length: number): boolean;
  /** `FIN`, or an error code. */
  closed(how: string): void;
}

export type Wire = Socket & { owner?: WireOwner | undefined };

export interface WireOptions {
  readonly noDelay?: boolean;
  /** Most bytes that one read takes, for a client that reads slowly. */
  readonly readBytes?: number;
}

const READ_BYTES = 64 * 1024;

function onRead(this: Wire, length: number, bytes: Uint8Array): boolean {
  return this.owner?.received(bytes as Buffer, length) ?? true;
}

// One buffer for all connections of the thread: what is read is used up before the next read.
const SHARED_READ = { buffer: Buffer.allocUnsafeSlow(READ_BYTES), callback: onRead as never };

/** Opens a connection. It is destroyed by its owner, or when it has ended. */
export function openWire(target: Target, owner: WireOwner, options: WireOptions = {}): Wire {
  const wire: Wire = target.scheme === 'https' ? openTls(target) : openPlain(target, options);
  wire.owner = owner;
  wire.on(target.scheme === 'https' ? 'secureConnect' : 'connect', onConnect);
  wire.on('error', onError);
  wire.on('end', onEnd);
  wire.on('close', onEnd);
  return wire;
}

/** Nobody wants to hear of this connection any more. */
export function dropWire(wire: Wire | undefined): void {
  if (wire === undefined) return;
  wire.owner = undefined;
  wire.destroy();
}

function openPlain({ endpoint }: Target, options: WireOptions): Wire {
  const { readBytes, noDelay = false } = options;
  const onread =
    readBytes === undefined
      ? SHARED_READ
      : { buffer: Buffer.allocUnsafeSlow(readBytes), callback: onRead as never };
  return endpoint.kind === 'unix'
    ? connect({ path: endpoint.path, onread })
    : connect({ host: endpoint.host, port: endpoint.port, noDelay, onread });
}

let secureContext: SecureContext | undefined;

function openTls({ endpoint, host }: Target): Wire {
  if (endpoint.kind === 'unix') throw new TypeError('no TLS over unix sockets');
  const name = host.replace(/:\d+$/, '');
  secureContext ??= createSecureContext();
  const wire: Wire = connectTls({
    host: endpoint.host,
    port: endpoint.port,
    // The proxy's name is not what is on trial, and no ticket is kept: each handshake is whole.
    rejectUnauthorized: false,
    secureContext,
    ...(isIP(name.replace(/^\[|\]$/g, '')) === 0 ? { servername: name } : {}),
  });
  wire.on('data', onTlsData);
  return wire;
}

function onTlsData(this: Wire, bytes: Buffer): void {
  if (this.owner?.received(bytes, bytes.length) === false) this.pause();
}

function onConnect(this: Wire): void {
  this.owner?.connected();
}

function onError(this: Wire, error: NodeJS.ErrnoException): void {
  close(this, error.code ?? error.message);
}

function onEnd(this: Wire): void {
  close(this, 'FIN');
}

function close(wire: Wire, how: string): void {
  const owner = wire.owner;
  wire.owner = undefined;
  wire.destroy();
  owner?.closed(how);
}
