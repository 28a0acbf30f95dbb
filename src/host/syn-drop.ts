import { failed } from '../error.js';
import type { Host } from './host.js';
import { listTableArgv, nftArgv } from './nft.js';
import { parseSynDrop, SYN_DROP_TABLE, type SynDropTable } from './nft-syn-drop.js';

/** Undefined when there is no such table in the network namespace of the process. */
export async function readSynDrop(
  host: Host,
  pid: number | undefined,
): Promise<SynDropTable | undefined> {
  const argv = listTableArgv(SYN_DROP_TABLE);
  const { code, stdout, stderr } = await host.run({ argv, ...inside(pid) });
  if (code === 0) return parseSynDrop(stdout);
  if (stderr.includes('No such file or directory')) return undefined;
  throw failed('step-failed', `nft: ${firstLine(stderr)}`, { subject: SYN_DROP_TABLE });
}

/** @throws HitlessError `step-failed` with what nft said */
export async function runNft(host: Host, pid: number | undefined, script: string): Promise<void> {
  const { code, stderr } = await host.run({ argv: nftArgv(script), ...inside(pid) });
  if (code !== 0) {
    throw failed('step-failed', `nft: ${firstLine(stderr)}`, { subject: SYN_DROP_TABLE });
  }
}

function inside(pid: number | undefined): { readonly netNamespaceOf?: number } {
  return pid === undefined ? {} : { netNamespaceOf: pid };
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
