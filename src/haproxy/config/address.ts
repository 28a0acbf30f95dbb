/** `any` is a host name: its family is known once it is resolved. `variable`: known at start. */
export type Family = 'ipv4' | 'ipv6' | 'any' | 'unix' | 'abns' | 'fd' | 'sockpair' | 'variable';
export type Transport = 'stream' | 'dgram' | 'quic';

export interface Address {
  /** As written. */
  readonly raw: string;
  readonly family: Family;
  readonly transport: Transport;
  /** IP address without brackets, or a host name; `0.0.0.0` and `::` for all. */
  readonly host?: string;
  /** Both included; equal for a single port. Absent when none is written, or not a number. */
  readonly ports?: { readonly low: number; readonly high: number };
  /** Of a unix or abstract socket. */
  readonly path?: string;
  /** Of an inherited socket. */
  readonly fd?: number;
}

/** `a:1,b:2` as HAProxy cuts it: at every comma, also inside socket paths. */
export function parseAddresses(word: string): readonly Address[] {
  return word.split(',').map(parseAddress);
}

/** One address, by the rules of str2sa_range() in HAProxy 2.6 (src/tools.c). */
export function parseAddress(raw: string): Address {
  // The address parser expands variables by itself, quoted or not.
  if (raw.includes('$')) return { raw, family: 'variable', transport: 'stream' };
  const [, type = '', prefix = '', rest = ''] = PREFIXED.exec(raw) ?? [];
  const transport = transportOf(type, prefix);
  const base = { raw, transport };
  switch (prefix) {
    case 'unix@':
      return { ...base, family: 'unix', path: rest };
    case 'abns@':
      return { ...base, family: 'abns', path: rest };
    case 'fd@':
      return { ...base, family: 'fd', ...fdOf(rest) };
    case 'sockpair@':
      return { ...base, family: 'sockpair', ...fdOf(rest) };
    default:
      if (prefix === '' && rest.startsWith('/')) return { ...base, family: 'unix', path: rest };
      return { ...base, ...internet(rest, FORCED[prefix]) };
  }
}

const PREFIXED =
  /^(stream\+|dgram\+)?((?:unix|abns|ipv4|ipv6|udp4|udp6|udp|quic4|quic6|fd|sockpair)@)?(.*)$/s;

const FORCED: Readonly<Record<string, 'ipv4' | 'ipv6'>> = {
  'ipv4@': 'ipv4',
  'udp4@': 'ipv4',
  'quic4@': 'ipv4',
  'ipv6@': 'ipv6',
  'udp6@': 'ipv6',
  'quic6@': 'ipv6',
};

function transportOf(type: string, prefix: string): Transport {
  if (prefix.startsWith('quic')) return 'quic';
  return prefix.startsWith('udp') || type === 'dgram+' ? 'dgram' : 'stream';
}

function fdOf(text: string): { readonly fd?: number } {
  return /^\d+$/.test(text) ? { fd: Number(text) } : {};
}

function internet(
  text: string,
  forced: 'ipv4' | 'ipv6' | undefined,
): Pick<Address, 'family' | 'host' | 'ports'> {
  // The last colon parts host and port, unless a closing bracket follows it.
  const colon = Math.max(text.lastIndexOf(':'), text.lastIndexOf(']'));
  const hasPort = text[colon] === ':';
  const host = (hasPort ? text.slice(0, colon) : text).replace(/^\[(.*)\]$/s, '$1');
  const ports = hasPort ? portsOf(text.slice(colon + 1)) : {};
  if (host === '' || host === '*') {
    // Without a family HAProxy takes all IPv4 addresses, not IPv6.
    const family = forced ?? 'ipv4';
    return { family, host: family === 'ipv4' ? '0.0.0.0' : '::', ...ports };
  }
  return { family: forced ?? familyOf(host), host, ...ports };
}

function portsOf(text: string): Pick<Address, 'ports'> {
  const match = /^(\d+)(?:-(\d+))?$/.exec(text);
  if (match === null) return {};
  const low = Number(match[1]);
  return { ports: { low, high: Number(match[2] ?? low) } };
}

function familyOf(host: string): 'ipv4' | 'ipv6' | 'any' {
  if (host.includes(':')) return 'ipv6';
  return /^\d+\.\d+\.\d+\.\d+$/.test(host) ? 'ipv4' : 'any';
}
