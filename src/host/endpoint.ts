/** An address and a port as the kernel's lists have them, `10.0.0.1:80` and `[fd00::1]:80`. Pure. */
export interface Endpoint {
  /** Without brackets; the IPv4 one of a client that a socket for both families serves. */
  readonly address: string;
  readonly port: number;
}

export function endpointOf(text: string): Endpoint {
  return { address: plain(hostOf(text)), port: portOf(text) };
}

/** As it is written there: an IPv6 address in brackets. */
export function hostOf(text: string): string {
  return text.slice(0, text.lastIndexOf(':'));
}

export function portOf(text: string): number {
  return Number(text.slice(text.lastIndexOf(':') + 1));
}

/** `[::ffff:10.0.0.2]:4711` and `[fd00::2]:4711` as conntrack(8) would have them, without brackets. */
export function plain(text: string): string {
  return text.replace(/^\[(?:::ffff:(?=\d+\.))?(.*)\]/, '$1');
}
