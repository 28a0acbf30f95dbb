import { failed } from '../error.js';
import {
  divertScript,
  listDiversionArgv,
  parseDiversion,
  type Diversion,
  type DiversionPart,
  type DiversionTable,
} from '../host/diversion.js';
import type { Host } from '../host/host.js';
import { nftArgv } from '../host/nft.js';

/** What the steps of a hand-over to another node share: reading and renewing its rules. */

/** @throws HitlessError `step-failed` with what nft said; nothing has changed then */
export async function nft(host: Host, script: string): Promise<void> {
  if (script === '') return;
  const { code, stderr } = await host.run({ argv: nftArgv(script) });
  if (code === 0) return;
  throw failed('step-failed', `nft refused: ${firstLine(stderr)}`, {
    subject: 'nft',
    hint: '"hitless doctor --handoff" says what is missing on this host',
  });
}

function firstLine(text: string): string {
  const lines = text.trim().split('\n');
  return (lines.find((line) => line.includes('rror')) ?? lines[0] ?? '').trim();
}

/** Each family's table, and undefined where there is none. */
export async function readTables(
  host: Host,
  { parts }: { readonly parts: readonly Pick<DiversionPart, 'family'>[] },
): Promise<readonly (DiversionTable | undefined)[]> {
  return await Promise.all(
    parts.map(async ({ family }) => {
      const { code, stdout } = await host.run({ argv: listDiversionArgv(family) });
      return code === 0 ? parseDiversion(stdout) : undefined;
    }),
  );
}

/** The tables when all are there and of this run; undefined when any is not. */
export async function ownTables(
  host: Host,
  diversion: Pick<Diversion, 'parts'>,
  runId: string,
): Promise<readonly DiversionTable[] | undefined> {
  const tables = await readTables(host, diversion);
  const own = tables.filter((table) => table?.owner === runId) as readonly DiversionTable[];
  return own.length === diversion.parts.length ? own : undefined;
}

/** Well within the lease, so that one slow turn does not end it. */
const RENEW_EVERY_MS = 5_000;
const LOOK_EVERY_MS = 20;

/** Renews the lease of the rules when it is time to; call it again and again while waiting. */
export function renewal(host: Host, diversion: Diversion): () => Promise<void> {
  let lastMs = Number.NEGATIVE_INFINITY;
  return async () => {
    const now = host.clock.now();
    if (now - lastMs < RENEW_EVERY_MS) return;
    await nft(host, divertScript(diversion));
    lastMs = now;
  };
}

/** Keeps new flows going to the peer until the work is done. */
export async function whileDiverting<T>(
  host: Host,
  diversion: Diversion,
  work: Promise<T>,
): Promise<T> {
  const renew = renewal(host, diversion);
  let over = false;
  const done = work.finally(() => {
    over = true;
  });
  // Its outcome is awaited below; a failure of the renewal must not leave it unobserved.
  done.catch(() => undefined);
  do {
    await renew();
    await host.clock.sleep(LOOK_EVERY_MS);
  } while (!over);
  return await done;
}
