import { refused } from '../error.js';
import { hostOf } from '../host/endpoint.js';
import type { Host, Socket } from '../host/host.js';

/**
 * Finds, before anything is told to bind, an address that this machine does not have. Apache checks
 * no address when it checks its configuration, and ends when it cannot bind one.
 *
 * @param pid of a process in the network namespace in question
 * @throws HitlessError `config-invalid`
 */
export async function refuseForeignAddresses(
  host: Host,
  pid: number,
  added: readonly Pick<Socket, 'family' | 'local'>[],
): Promise<void> {
  for (const { family, local } of added) {
    const address = hostOf(local).replace(/^\[|\]$/g, '');
    if (family === 'unix' || address === '0.0.0.0' || address === '::') continue;
    if (await mayBeBound(host, pid, family, address)) continue;
    throw refused('config-invalid', `${local} is no address of this machine`, {
      subject: local,
      hint: 'nothing was touched; give the machine that address or change the Listen',
    });
  }
}

async function mayBeBound(
  host: Host,
  pid: number,
  family: 'ipv4' | 'ipv6',
  address: string,
): Promise<boolean> {
  const anyAddress = await host.kernel.sysctl(`net.${family}.ip_nonlocal_bind`, pid);
  if (anyAddress === '1') return true;
  const { stdout } = await host.run({ argv: ['ip', 'route', 'get', address], namespacesOf: pid });
  return stdout.startsWith('local ');
}
