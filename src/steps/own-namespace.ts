import { failed } from '../error.js';
import type { Host, ProcessId } from '../host/host.js';
import type { Values } from './definition.js';

/**
 * A network namespace is known by a process in it. When that one is gone the kernel parameter can
 * be put back only if the namespace was hitless' own: anywhere else it would be the wrong one.
 *
 * @param before what `set-sysctl` recorded
 * @throws HitlessError `target-gone`
 */
export async function expectNamespace(
  host: Host,
  process: ProcessId,
  { ownNamespace }: Values,
): Promise<void> {
  if (ownNamespace === true || (await host.processes.isAlive(process))) return;
  throw failed('target-gone', `pid ${process.pid} is gone, and with it the way to its namespace`, {
    subject: `pid ${process.pid}`,
    hint: 'a namespace without processes ends by itself; else set it by hand with sysctl -w',
  });
}
