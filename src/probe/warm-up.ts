import { createServer, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { Load } from './load.js';
import type { WorkerConfig, WorkerResult } from './messages.js';
import type { Target } from './target.js';

const WARM_UP_RATE_PER_SECOND = 4000;
const WARM_UP_MS = 100;
const WARM_UP_TIMEOUT_MS = 500;

/**
 * Runs the whole path against a server in this thread, so that the code is compiled when the first
 * arrival is due. Cold, the first 250 ms of a run at 4000/s were up to 250 ms late. The service
 * under proof is not touched. Without a loopback address it does nothing.
 */
export async function warmUp(config: WorkerConfig): Promise<void> {
  if (config.target.scheme === 'tcp') return;
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.on('data', (bytes) => {
      const kept = !bytes.includes('Connection: close');
      socket.write(kept ? KEPT_ANSWER : CLOSED_ANSWER);
      if (!kept) socket.end();
    });
  });
  try {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await loadOn(server, config);
  } catch {
    return;
  } finally {
    server.close();
  }
}

const CLOSED_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok';
const KEPT_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const REFERENCE = {
  statuses: [200],
  answers: [{ status: 200, body: Buffer.from('ok') }],
  check: 'digest',
} as const;

function loadOn(server: Server, config: WorkerConfig): Promise<WorkerResult> {
  const { port } = server.address() as AddressInfo;
  const endpoint = { kind: 'tcp', host: '127.0.0.1', port } as const;
  const target: Target = { ...config.target, scheme: 'http', endpoint };
  const startMs = performance.now();
  const kinds = config.kinds.includes('keep-alive')
    ? (['keep-alive', 'new'] as const)
    : (['new'] as const);
  return new Promise((resolve) => {
    const load = new Load(
      {
        ...config,
        target,
        kinds,
        index: 0,
        schedule: { ratePerSecond: WARM_UP_RATE_PER_SECOND, forMs: WARM_UP_MS, workers: 1 },
        timeoutMs: WARM_UP_TIMEOUT_MS,
        get: REFERENCE,
      },
      () => performance.now() - startMs,
      (message) => {
        if (message.kind === 'done') resolve(message.result);
      },
    );
    load.start();
  });
}
