import { isAbsolute, join } from 'node:path';
import {
  certificatesOf,
  fingerprintsOf,
  listCertificates,
} from '../haproxy/runtime/certificates.js';
import { cliWord } from '../haproxy/runtime/commands.js';
import { fingerprints } from '../haproxy/fingerprints.js';
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
  const all = listCertificates(list);
  const unseen = unseenLosses(all.length);
  const old: { readonly path: string; readonly content: Buffer }[] = [];
  for (const { path } of all.slice(0, CERTIFICATES_LIMIT)) {
    const absolute = isAbsolute(path) ? path : join(cwd, path);
    const info = await host.files.info(absolute);
    if (info === undefined || info.directory || info.modifiedMs >= startedMs) continue;
    const content = await host.files.read(absolute);
    if (content !== undefined) old.push({ path, content });
  }
  if (old.length === 0) return unseen;
  const shown = await connection.askAll(old.map(({ path }) => `show ssl cert ${cliWord(path)}`));
  const losses: StateLoss[] = [];
  for (const [at, { path, content }] of old.entries()) {
    const [running] = fingerprintsOf(shown[at] ?? '');
    const [first] = certificatesOf(content.toString('latin1'));
    const [inFile] = await fingerprints(first === undefined ? [] : [first]);
    if (running === undefined || inFile === undefined || inFile === running) continue;
    losses.push({
      what: `certificate ${path}`,
      because: 'it was set at run time, and HAProxy does not show the key with which to save it',
      remedy: `write the certificate and its key into ${path}`,
    });
  }
  return [...losses, ...unseen];
}

function unseenLosses(count: number): readonly StateLoss[] {
  const unseen = count - CERTIFICATES_LIMIT;
  if (unseen <= 0) return [];
  return [
    {
      what: `whatever was set at run time in ${unseen} of ${count} certificates`,
      because: `only the first ${CERTIFICATES_LIMIT} were compared with their files`,
      remedy: 'write each certificate that was set at run time into its file',
    },
  ];
}
