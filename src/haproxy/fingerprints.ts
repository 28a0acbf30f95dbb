/** SHA-1 of each certificate (DER), in capital hex digits as HAProxy shows them. */
export async function fingerprints(certificates: readonly Buffer[]): Promise<readonly string[]> {
  if (certificates.length === 0) return [];
  // Loaded on demand: it takes a good part of the start-up time.
  const { createHash } = await import('node:crypto');
  return certificates.map((der) => createHash('sha1').update(der).digest('hex').toUpperCase());
}
