import { once } from 'node:events';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** What the stub does to exactly one request in `oneIn`; `slow` answers whole, but in drops. */
export type Fault =
  | 'close'
  | 'reset'
  | 'truncate'
  | 'reset-midway'
  | 'stall'
  | 'corrupt'
  | '5xx'
  | '404'
  | 'garbage'
  | 'trailing-garbage'
  | 'announce-close';

export interface StubOptions {
  readonly fault?: Fault;
  /** Counted over all requests of the run, not over those of the learning phase. */
  readonly oneIn?: number;
  readonly body?: string;
  /** Of every sound answer; 200 when absent. */
  readonly status?: number;
  readonly listen?: { readonly host: string } | { readonly path: string };
  readonly tls?: { readonly key: string; readonly cert: string };
  /** Answer to a POST waits for its whole body. */
  readonly uploadDigest?: (body: Buffer) => string;
  /** Close each connection after this many answers without announcing it. */
  readonly idleCloseAfter?: number;
}

export interface Stub {
  readonly port: number;
  /** Ids of the requests that were spoilt. */
  readonly spoilt: readonly string[];
  readonly requests: () => number;
  readonly close: () => Promise<void>;
}

/** An origin in raw bytes that fails on purpose, deterministically. */
export async function startStub(options: StubOptions = {}): Promise<Stub> {
  const state = { seen: 0, spoilt: [] as string[] };
  const sockets = new Set<Socket>();
  const serve = (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serveSocket(socket, options, state);
  };
  const server: Server = options.tls
    ? createTlsServer(options.tls, serve)
    : createServer({ noDelay: true }, serve);
  const where = options.listen ?? { host: '127.0.0.1' };
  server.listen({ backlog: 1024, ...('path' in where ? where : { port: 0, ...where }) });
  await once(server, 'listening');
  const address = server.address();
  return {
    port: typeof address === 'object' ? (address as AddressInfo).port : 0,
    spoilt: state.spoilt,
    requests: () => state.seen,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const DEFAULT_BODY = 'the quick brown fox\n';
const HEAD = /^(GET|POST) [^\r]*\r\n[\s\S]*?\r\n\r\n/;

function serveSocket(
  socket: Socket,
  options: StubOptions,
  state: { seen: number; spoilt: string[] },
): void {
  let pending = Buffer.alloc(0);
  let served = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (bytes) => {
    pending = Buffer.concat([pending, bytes]);
    for (;;) {
      const head = HEAD.exec(pending.toString('latin1'))?.[0];
      if (head === undefined) return;
      const length = Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);
      if (pending.length < head.length + length) return;
      const body = pending.subarray(head.length, head.length + length);
      pending = Buffer.from(pending.subarray(head.length + length));
      served += 1;
      answer(socket, options, state, head, body);
      if (options.idleCloseAfter === served) socket.end();
    }
  });
}

function answer(
  socket: Socket,
  options: StubOptions,
  state: { seen: number; spoilt: string[] },
  head: string,
  upload: Buffer,
): void {
  const id = /x-hitless-id: (\S+)/.exec(head)?.[1] ?? '';
  const close = /connection: close/i.test(head);
  const body = options.body ?? DEFAULT_BODY;
  const digest = options.uploadDigest?.(upload);
  const extra = digest === undefined ? '' : `x-body-sha256: ${digest}\r\n`;
  const whole =
    `HTTP/1.1 ${options.status ?? 200} OK\r\nContent-Length: ${body.length}\r\n${extra}` +
    `${close ? 'Connection: close\r\n' : ''}\r\n${body}`;
  if (id !== 'learning') state.seen += 1;
  const spoil =
    options.fault !== undefined && id !== 'learning' && state.seen % (options.oneIn ?? 10) === 0;
  if (!spoil) {
    socket.write(whole, 'latin1');
    if (close) socket.end();
    return;
  }
  state.spoilt.push(id);
  spoilAnswer(socket, options.fault, whole, close);
}

function spoilAnswer(socket: Socket, fault: Fault, whole: string, close: boolean): void {
  const end = (text: string) => {
    socket.write(text, 'latin1');
    if (close) socket.end();
  };
  switch (fault) {
    case 'close':
      return void socket.end();
    case 'reset':
      return void socket.resetAndDestroy();
    case 'truncate':
      return void socket.end(whole.slice(0, -5), 'latin1');
    case 'reset-midway':
      return void socket.write(whole.slice(0, -5), 'latin1', () => socket.resetAndDestroy());
    case 'stall':
      return;
    case 'corrupt':
      return end(`${whole.slice(0, -5)}XXXXX`);
    case '5xx':
      return end('HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n');
    case '404':
      return end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    case 'garbage':
      return end('220 mail.example.org ESMTP\r\n\r\n');
    case 'trailing-garbage':
      return end(`${whole}HTTP`);
    case 'announce-close':
      return void socket.end(whole.replace('\r\n', '\r\nConnection: close\r\n'), 'latin1');
  }
}

/** A server that echoes, and breaks the connection on which message `breakAt` (from 1) comes in. */
export async function startEcho(breakAt?: number, garble = false): Promise<Stub> {
  const sockets = new Set<Socket>();
  let messages = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      if (!bytes.includes('hitless: does')) messages += bytes.length / 64;
      const hit = breakAt !== undefined && messages >= breakAt;
      if (hit) breakAt = undefined;
      if (hit && !garble) socket.resetAndDestroy();
      else socket.write(hit ? bytes.fill('x', 3, 5) : bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    spoilt: [],
    requests: () => messages,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
