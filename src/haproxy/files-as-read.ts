import { isAbsolute, join } from 'node:path';
import type { Host } from '../host/host.js';
import type { ReferencedFiles } from './changes/referenced.js';
import type { AsRead, LoadedKind } from './runtime/reading.js';

/** What a process has read from the files that it has loaded, by the names that it has for them. */
export type FilesAsRead = (name: string, loadedAs: LoadedKind) => Promise<AsRead>;

/** By what stands on disk: a file that is older than the process is what it has read. */
export function filesOnDisk(host: Host, cwd: string, startedMs: number): FilesAsRead {
  return async (name) => {
    const path = isAbsolute(name) ? name : join(cwd, name);
    const info = await host.files.info(path).catch(() => undefined);
    if (info === undefined || info.directory) return { kind: 'none' };
    const content = await host.files.read(path).catch(() => null);
    if (content === undefined) return { kind: 'none' };
    if (content === null) return { kind: 'unknown', because: 'the file cannot be read' };
    const edited = info.modifiedMs >= startedMs;
    return { kind: 'known', text: content.toString('latin1'), edited };
  };
}

/** By what was kept of them, or is known to be as it was. */
export function filesKept(referenced: ReferencedFiles): FilesAsRead {
  return async (name, loadedAs) => {
    const { sha256 = 'absent', text, kinds = [] } = referenced.get(name) ?? {};
    // A folder of certificates, which HAProxy lists as a crt-list.
    if (loadedAs === 'crt-list' && !kinds.includes(loadedAs)) return { kind: 'none' };
    if (text !== undefined) return { kind: 'known', text, edited: false };
    return await Promise.resolve(
      sha256 === 'absent' ? { kind: 'none' } : { kind: 'unknown', because: whyUnknown(sha256) },
    );
  };
}

function whyUnknown(sha256: string): string {
  if (sha256 === 'unknown') return 'the file has changed since HAProxy has read it';
  if (sha256 === 'unreadable') return 'the file cannot be read';
  return 'the content that HAProxy has read was not kept, for its size or its kind';
}
