import { isAbsolute, join } from 'node:path';
import {
  certificatesOf,
  fingerprintsOf,
  listCertificates,
} from '../haproxy/runtime/certificates.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { Host, RuntimeConnection } from '../host/host.js';

/** So many are shown and compared within a few hundredths of a second. */
const CERTIFICATES_LIMIT = 500;

/**
 * Certificates that were set at run time: HAProxy has another one than the file, which is older
 * than the process. It shows no private keys, so that nobody can write the file for it.
 */
export async function certificateLosses(
  host: Host,
  connection: RuntimeConnection,
  list: string,
  { cwd, startedMs }: { readonly cwd: string; readonly startedMs: number },
): Promise<readonly StateLoss[]> {
  const known = listCertificates(list).slice(0, CERTIFICATES_LIMIT);
  const old: { readonly path: string; readonly content: Buffer }[] = [];
  for (const { path } of known) {
    const absolute = isAbsolute(path) ? path : join(cwd, path);
    const info = await host.files.info(absolute);
    if (info === undefined || info.directory || info.modifiedMs >= startedMs) continue;
    const content = await host.files.read(absolute);
    if (content !== undefined) old.push({ path, content });
  }
  if (old.length === 0) return [];
  // Loaded on demand: it takes a good part of the start-up time.
  const { createHash } = await import('node:crypto');
  // As HAProxy shows it.
  const sha1 = (der: Buffer): string => createHash('sha1').update(der).digest('hex').toUpperCase();
  const shown = await connection.askAll(old.map(({ path }) => `show ssl cert ${path}`));
  return old.flatMap(({ path, content }, at) => {
    const [running] = fingerprintsOf(shown[at] ?? '');
    const [inFile] = certificatesOf(content.toString('latin1'));
    if (running === undefined || inFile === undefined || sha1(inFile) === running) return [];
    return [
      {
        what: `certificate ${path}`,
        because: 'it was set at run time, and HAProxy does not show the key with which to save it',
        remedy: `write the certificate and its key into ${path}`,
      },
    ];
  });
}
