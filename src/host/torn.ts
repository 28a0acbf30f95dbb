import { basename, dirname, join } from 'node:path';
import type { Host } from './host.js';

/**
 * Removes what a hitless that was killed in the middle of `files.replace` has left beside the
 * file: `PATH.hitless-PID`.
 */
export async function removeTorn(host: Host, path: string): Promise<void> {
  const target = await host.files.resolve(path).catch(() => path);
  const prefix = `${basename(target)}.hitless-`;
  for (const name of await host.files.list(dirname(target))) {
    const pid = name.startsWith(prefix) ? name.slice(prefix.length) : '';
    if (!/^\d+$/.test(pid) || (await host.processes.info(Number(pid))) !== undefined) continue;
    await host.files.remove(join(dirname(target), name));
  }
}
