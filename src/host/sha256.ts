/** Hex. Loaded on demand: not every run needs it, and it takes a good part of the start-up time. */
export async function sha256(content: Buffer): Promise<string> {
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(content).digest('hex');
}
