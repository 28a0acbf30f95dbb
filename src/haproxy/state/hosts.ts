/** Hosts of server addresses, as files write them and as HAProxy shows them. Pure. */

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}$/;
const IPV6 = /^[0-9a-f:]*:[0-9a-f:.]*$/i;

/** A literal address: no name to be resolved, no variable, no path. */
export function isIpAddress(host: string): boolean {
  return canonical(host) !== undefined;
}

export function sameHost(one: string, other: string): boolean {
  return one === other || (canonical(one) ?? one) === (canonical(other) ?? other);
}

/** As inet_ntop prints it. */
function canonical(host: string): string | undefined {
  const bare = host.replace(/^(ipv4|ipv6)@/, '').replace(/^\[(.*)\]$/, '$1');
  if (IPV4.test(bare)) return bare;
  if (!IPV6.test(bare)) return undefined;
  return URL.canParse(`http://[${bare}]/`) ? new URL(`http://[${bare}]/`).hostname : undefined;
}
