import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabNode } from './node.js';

/** A certificate with its key in one file, as `bind ... ssl crt FILE` wants it. Needs openssl. */
export async function makeCertificate(node: LabNode, host: string): Promise<string> {
  const [key, cert, both] = ['key', 'cert', 'pem'].map((kind) => join(node.dir, `${host}.${kind}`));
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const out = ['-nodes', '-keyout', key as string, '-out', cert as string];
  await node.must(['openssl', 'req', '-x509', '-days', '2', ...curve, ...subject, ...out]);
  const parts = await Promise.all([readFile(cert as string), readFile(key as string)]);
  await writeFile(both as string, Buffer.concat(parts), { mode: 0o600 });
  return both as string;
}
