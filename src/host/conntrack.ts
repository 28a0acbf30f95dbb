import { hostOf, portOf } from './endpoint.js';

/** conntrack(8), pure: the kernel's own list of connections, by the port that answers. */

/** Fails where the kernel has no connection tracking, or it may not be looked at. */
export const COUNT_ARGV: readonly string[] = ['conntrack', '--count'];

/** `reply`: a connection that was directed to another port answers from that one. */
export function listFlowsArgv(port: number): readonly string[] {
  return ['conntrack', '--dump', '--proto', 'tcp', '--reply-port-src', String(port)];
}

/** By the port that clients connect to, wherever it was directed. */
export function listTargetFlowsArgv(port: number): readonly string[] {
  return ['conntrack', '--dump', '--proto', 'tcp', '--orig-port-dst', String(port)];
}

export function forgetArgv({ client, target }: Flow): readonly string[] {
  return [
    ...['conntrack', '--delete', '--proto', 'tcp', '--orig-src', hostOf(client)],
    ...['--orig-dst', hostOf(target)],
    ...['--orig-port-src', String(portOf(client)), '--orig-port-dst', String(portOf(target))],
  ];
}

/**
 * Adds {@link trackLine}s from its standard input (1.4.7); what is known already stays as it is.
 * `cat`: conntrack opens /dev/stdin, which fails for a socket, and that is what Node gives it.
 */
export const TRACK_ARGV: readonly string[] = ['sh', '-c', 'cat | conntrack --load-file -'];

/** For an older conntrack(8), one by one; exit code 1: it is known already. */
export function trackOneArgv(flow: Pick<Flow, 'client' | 'target'>): readonly string[] {
  return ['conntrack', '--create', ...halfOpenWords(flow)];
}

export function trackLine(flow: Pick<Flow, 'client' | 'target'>): string {
  return `-A ${halfOpenWords(flow).join(' ')}`;
}

/**
 * A handshake that was answered before it was tracked. `SEEN_REPLY`: no packet of it opens the
 * entry any more, and only such a packet is translated (nf_nat_inet_fn).
 */
function halfOpenWords({ client, target }: Pick<Flow, 'client' | 'target'>): readonly string[] {
  return [
    ...['-p', 'tcp', '--state', 'SYN_RECV', '-u', 'SEEN_REPLY', '-t', String(HANDSHAKE_S)],
    ...['-s', hostOf(client), '--sport', String(portOf(client))],
    ...['-d', hostOf(target), '--dport', String(portOf(target))],
  ];
}

/** The kernel gives a half-open handshake up after 63 s (net.ipv4.tcp_synack_retries 5). */
const HANDSHAKE_S = 63;

export interface Flow {
  readonly state: string;
  /** The client's side, and the one that it connected to: `10.0.0.2:4711`, `10.0.0.1:80`. */
  readonly client: string;
  readonly target: string;
}

/** `tcp 6 119 SYN_RECV src=A dst=B sport=1 dport=80 src=B dst=A sport=18001 dport=1 ...` */
export function parseFlows(text: string): readonly Flow[] {
  return text.split('\n').flatMap((line) => {
    const match = /^tcp\s+6\s+\d+\s+(\w+)\s+src=(\S+)\s+dst=(\S+)\s+sport=(\d+)\s+dport=(\d+)/.exec(
      line,
    );
    if (match === null) return [];
    const [, state = '', source = '', to = '', sport = '', dport = ''] = match;
    return [{ state, client: `${source}:${sport}`, target: `${to}:${dport}` }];
  });
}
