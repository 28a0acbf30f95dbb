import { isIPv6 } from 'node:net';
import { usage } from '../error.js';
import type { Connections, Kind } from './options.js';

export type Endpoint =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
  | { readonly kind: 'unix'; readonly path: string };

export interface Target {
  readonly url: string;
  readonly scheme: 'http' | 'https' | 'tcp';
  readonly endpoint: Endpoint;
  /** Path with query, as sent in the request line. */
  readonly path: string;
  /** Value of the Host header. */
  readonly host: string;
}

const FORMS =
  'write http://host:port/path, https://..., unix:/path/to.sock:/path or tcp://host:port';
const DEFAULT_PORTS = { http: 80, https: 443, tcp: 0 } as const;

/**
 * `http://host:port/path`, `https://...`, `http://[::1]:port/`, `unix:/path/to.sock:/path`
 * (HTTP over a unix socket), `tcp://host:port` (a tunnel that echoes).
 *
 * @throws HitlessError `usage`
 */
export function parseTarget(url: string): Target {
  return url.startsWith('unix:') ? parseUnix(url) : parseNetwork(url);
}

function parseUnix(url: string): Target {
  const match = /^unix:(\/[^:\s]+)(?::(\/[^\s#]*))?$/.exec(url);
  if (match === null) throw usage(`"${url}" is not the URL of a unix socket`, FORMS);
  const endpoint = { kind: 'unix', path: match[1] as string } as const;
  return { url, scheme: 'http', endpoint, path: match[2] ?? '/', host: 'localhost' };
}

function parseNetwork(url: string): Target {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const scheme = parsed?.protocol.slice(0, -1);
  if (parsed === undefined || (scheme !== 'http' && scheme !== 'https' && scheme !== 'tcp')) {
    throw usage(`"${url}" is not a URL that can be probed`, FORMS);
  }
  if (parsed.username !== '' || parsed.password !== '' || parsed.hash !== '') {
    throw usage(`"${url}": a user, a password or a #fragment cannot be sent`, FORMS);
  }
  const host = parsed.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = parsed.port === '' ? DEFAULT_PORTS[scheme] : Number(parsed.port);
  if (host === '' || port === 0) throw usage(`"${url}" names no host or no port`, FORMS);
  const endpoint = { kind: 'tcp', host, port } as const;
  return { url, scheme, endpoint, path: pathOf(parsed), host: parsed.host };
}

function pathOf(url: URL): string {
  return `${url.pathname === '' ? '/' : url.pathname}${url.search}`;
}

export function describeEndpoint(endpoint: Endpoint): string {
  if (endpoint.kind === 'unix') return endpoint.path;
  const host = isIPv6(endpoint.host) ? `[${endpoint.host}]` : endpoint.host;
  return `${host}:${endpoint.port}`;
}

// Of a prime length, so that however many workers share the arrivals, each gets every kind.
const MIXED_HTTP = mix({ 'keep-alive': 10, new: 11, download: 1, upload: 1 });
const MIXED_TLS = mix({ 'keep-alive': 10, tls: 11, download: 1, upload: 1 });

/**
 * The kinds of a run: arrival n is of kind `cycle[n % cycle.length]`.
 *
 * @throws HitlessError `usage` when the URL does not allow the kind
 */
export function kindCycle(target: Target, connections: Connections): readonly Kind[] {
  if (target.scheme === 'tcp') {
    if (connections === 'long' || connections === 'mixed') return ['long'];
    throw usage(`${target.url} is a tunnel`, 'use --connections long, or an http:// URL');
  }
  switch (connections) {
    case 'mixed':
      return target.scheme === 'https' ? MIXED_TLS : MIXED_HTTP;
    case 'long':
      throw usage('--connections long needs a tunnel that echoes', 'give it as tcp://host:port');
    case 'tls':
      if (target.scheme === 'https') return ['tls'];
      throw usage('--connections tls needs an https:// URL');
    case 'new':
      return [target.scheme === 'https' ? 'tls' : 'new'];
    default:
      return [connections];
  }
}

/** Spreads the kinds by turns, the most frequent ones everywhere. */
function mix(shares: Partial<Record<Kind, number>>): readonly Kind[] {
  const parts = Object.entries(shares) as [Kind, number][];
  const total = parts.reduce((sum, [, share]) => sum + share, 0);
  const at = parts.flatMap(([kind, share]) =>
    Array.from({ length: share }, (_, i) => ({ kind, at: ((i + 0.5) * total) / share })),
  );
  return at.sort((a, b) => a.at - b.at).map((entry) => entry.kind);
}
