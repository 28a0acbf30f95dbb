import type { Diversion, Service } from '../host/diversion.js';
import type { Host } from '../host/host.js';

/** Whether the service of this very node answers, asked from the node itself. */

const ANSWER_TIMEOUT_MS = 2_000;

/**
 * @param path asked for by HTTP, and a status below 500 wanted; null: it is enough to accept
 * @returns what is wrong, or undefined
 */
export async function firstTrouble(
  host: Host,
  diversion: Diversion,
  path: string | null,
): Promise<string | undefined> {
  for (const service of servicesOf(diversion)) {
    const trouble = await troubleOf(host, service, path);
    if (trouble !== undefined) return `${service.address} port ${service.port}: ${trouble}`;
  }
  return undefined;
}

export function servicesOf({ parts }: Diversion): readonly Service[] {
  return parts.flatMap(({ services }) => services);
}

async function troubleOf(
  host: Host,
  service: Service,
  path: string | null,
): Promise<string | undefined> {
  const send = path === null ? {} : { send: requestFor(service, path) };
  const call = { address: service.address, port: service.port, ...send };
  const { connected, answer, trouble } = await host.sockets.call({
    ...call,
    timeoutMs: ANSWER_TIMEOUT_MS,
  });
  if (!connected || trouble !== '') return trouble;
  if (path === null) return undefined;
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1] ?? Number.NaN);
  return status < 500 ? undefined : `HTTP ${Number.isNaN(status) ? 'not spoken' : status}`;
}

function requestFor({ address }: Service, path: string): string {
  const name = address.includes(':') ? `[${address}]` : address;
  return `GET ${path} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`;
}
