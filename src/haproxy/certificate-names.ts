import { certificatesOf } from './runtime/certificates.js';
import type { NamesOf } from './changes/certificate-order.js';

/**
 * Reads what HAProxy takes for the names of a certificate (ckch_inst_new_load_store): those of its
 * alternative names that are of DNS, and the common names.
 */
export async function nameReader(): Promise<NamesOf> {
  // Loaded on demand: it takes a good part of the start-up time.
  const { X509Certificate } = await import('node:crypto');
  const known = new Map<string, readonly string[] | undefined>();
  const read: NamesOf = (pem) => {
    const [der] = certificatesOf(pem);
    if (der === undefined) return undefined;
    try {
      const { subjectAltName = '', subject } = new X509Certificate(der);
      const alternative = [...subjectAltName.matchAll(/DNS:([^,\s"]+)/g)];
      return [...alternative, ...subject.matchAll(/^CN=(.*)$/gm)].map(([, name = '']) => name);
    } catch {
      return undefined;
    }
  };
  return (pem) => {
    if (!known.has(pem)) known.set(pem, read(pem));
    return known.get(pem);
  };
}
