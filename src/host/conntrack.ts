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
  const from = split(client);
  const to = split(target);
  return [
    ...['conntrack', '--delete', '--proto', 'tcp', '--orig-src', from.host, '--orig-dst', to.host],
    ...['--orig-port-src', from.port, '--orig-port-dst', to.port],
  ];
}

function split(address: string): { readonly host: string; readonly port: string } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at), port: address.slice(at + 1) };
}

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
