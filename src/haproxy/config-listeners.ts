import type { Socket } from '../host/host.js';
import { parseAddresses, type Address } from './config/address.js';
import { bindsOf } from './config/binds.js';
import { globalsOf } from './config/globals.js';
import { isDisabled } from './config/proxy.js';
import type { Config } from './config/resolve.js';
import { wordsOf } from './config/sections.js';

/** A listener that a configuration asks for, named as the kernel will name it. Pure. */
export interface WantedListener {
  readonly family: Socket['family'];
  readonly local: string;
  /** `file:line` of the bind. */
  readonly place: string;
  /** HAProxy finds its socket again among those that an earlier process passes on. */
  readonly passable: boolean;
}

export interface WantedListeners {
  readonly listeners: readonly WantedListener[];
  /** Binds whose address only HAProxy can tell (host names, inherited descriptors). */
  readonly unknown: readonly string[];
}

export function wantedListeners(
  config: Config,
  environment: Readonly<Record<string, string>>,
): WantedListeners {
  const listeners: WantedListener[] = [];
  const unknown: string[] = [];
  const prefix = globalsOf(config).unixBindPrefix?.value ?? '';
  for (const proxy of config.proxies) {
    if (proxy.kind === 'backend' || isDisabled(proxy).value) continue;
    for (const bind of bindsOf(proxy)) {
      const place = `${bind.file}:${bind.line}`;
      for (const address of bind.addresses.flatMap((raw) => expand(raw, environment))) {
        const wanted = toListeners(address, bind.params, place, prefix);
        if (wanted === undefined) unknown.push(`${address.raw} (${place})`);
        else listeners.push(...wanted);
      }
    }
  }
  return { listeners, unknown };
}

/**
 * Where HAProxy may listen for other HAProxies (`peers`): no clients come there, and what ends the
 * accepting of frontends does not end that. The addresses of other hosts are among them.
 */
export function peersListeners(
  config: Config,
  environment: Readonly<Record<string, string>>,
): readonly WantedListener[] {
  const statements = config.sections
    .filter(({ kind }) => kind === 'peers')
    .flatMap(({ file, statements: all }) => all.map((statement) => ({ file, statement })));
  return statements.flatMap(({ file, statement }) => {
    const at = { peer: 2, server: 2, bind: 1 }[statement.keyword] ?? -1;
    const raw = wordsOf(statement)[at]?.value;
    if (raw === undefined) return [];
    const place = `${file}:${statement.line.number}`;
    const addresses = parseAddresses(raw).flatMap((address) => expand(address, environment));
    return addresses.flatMap((address) => toListeners(address, new Map(), place, '') ?? []);
  });
}

function expand(
  address: Address,
  environment: Readonly<Record<string, string>>,
): readonly Address[] {
  if (address.family !== 'variable') return [address];
  const text = address.raw.replace(
    /\$(?:(\w+)|\{(\w+)(?:-([^}]*))?\})/g,
    (_, bare: string | undefined, braced: string | undefined, initial: string | undefined) =>
      environment[bare ?? braced ?? ''] ?? initial ?? '',
  );
  return text.includes('$') ? [address] : parseAddresses(text);
}

/** Undefined: cannot be known here. Empty: no stream listener (QUIC and the like). */
function toListeners(
  address: Address,
  params: ReadonlyMap<string, string>,
  place: string,
  prefix: string,
): readonly WantedListener[] | undefined {
  if (address.transport !== 'stream') return [];
  switch (address.family) {
    case 'unix':
      return [{ family: 'unix', local: prefix + (address.path ?? ''), place, passable: true }];
    case 'abns':
      return [{ family: 'unix', local: `@${address.path ?? ''}`, place, passable: true }];
    case 'ipv4':
    case 'ipv6':
      return internet(address, address.family, params, place);
    default:
      return undefined;
  }
}

function internet(
  { host = '', ports }: Address,
  family: 'ipv4' | 'ipv6',
  params: ReadonlyMap<string, string>,
  place: string,
): readonly WantedListener[] | undefined {
  if (ports === undefined || /[^\d.:a-fA-F]/.test(host)) return undefined;
  const name = family === 'ipv4' ? host : `[${canonicalIpv6(host)}]`;
  // Measured with 2.6.12 and 3.5-dev5: the kernel reports a specific IPv6 address as v6only, the
  // configuration without the word does not ask for it, and HAProxy takes that for another socket.
  const passable = family === 'ipv4' || name === '[::]' || params.has('v6only');
  const count = ports.high - ports.low + 1;
  return Array.from({ length: count }, (_, at) => ({
    family,
    local: `${name}:${ports.low + at}`,
    place,
    passable,
  }));
}

/** The URL parser of the platform writes IPv6 addresses by RFC 5952, but mapped ones in hex too. */
function canonicalIpv6(host: string): string {
  try {
    const text = new URL(`http://[${host}]`).hostname.slice(1, -1);
    return text.replace(/^::ffff:([\da-f]+):([\da-f]+)$/, (_, high: string, low: string) => {
      const bytes = [high, low].flatMap((group) => [...Buffer.from(group.padStart(4, '0'), 'hex')]);
      return `::ffff:${bytes.join('.')}`;
    });
  } catch {
    return host;
  }
}
