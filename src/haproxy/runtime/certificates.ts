/** Certificates and CA files that HAProxy has loaded, as its runtime API shows them. Pure. */
export interface LoadedCertificate {
  readonly path: string;
  /** Somebody has begun to replace it and neither committed nor aborted. */
  readonly transaction: boolean;
}

/**
 * `show ssl cert`, `show ssl ca-file`, `show ssl crl-file` without argument. Nothing for a HAProxy
 * that does not know the command, which answers with a list of those that it knows.
 */
export function listCertificates(text: string): readonly LoadedCertificate[] {
  if (!/^# (?:transaction|filename)$/m.test(text)) return [];
  return text.split('\n').flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const path = line.replace(/ - \d+ certificate\(s\)$/, '');
    const transaction = path.startsWith('*');
    return [{ path: transaction ? path.slice(1) : path, transaction }];
  });
}

/** `show ssl cert PATH`, `show ssl ca-file PATH`: SHA-1 of each certificate, in capital hex digits. */
export function fingerprintsOf(text: string): readonly string[] {
  return [...text.matchAll(/^SHA1 FingerPrint: ([0-9A-F]+)$/gm)].map((match) => match[1] ?? '');
}

/** The certificates of a PEM text as DER; what is no certificate (keys, parameters) is left out. */
export function certificatesOf(pem: string): readonly Buffer[] {
  const pattern =
    /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----\r?\n([A-Za-z0-9+/=\s]+?)-----END /gm;
  return [...pem.matchAll(pattern)].map((match) => Buffer.from(match[1] ?? '', 'base64'));
}

/** A payload ends at the first empty line (management.txt, 9.3), which PEM has no need for. */
export function payloadOf(pem: string): string {
  const lines = pem.split(/\r?\n/).filter((line) => line.trim() !== '');
  return lines.map((line) => `${line}\n`).join('');
}
