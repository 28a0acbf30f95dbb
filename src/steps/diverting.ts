import { failed } from '../error.js';
import {
  divertScript,
  listSetArgv,
  parseAbout,
  parseElements,
  type Diversion,
  type DiversionPart,
  type DiversionSet,
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

interface Parts {
  readonly parts: readonly Pick<DiversionPart, 'family'>[];
}

/** Each family's table, and undefined where there is none that hitless has made. */
export async function readTables(
  host: Host,
  { parts }: Parts,
): Promise<readonly (DiversionTable | undefined)[]> {
  return await Promise.all(
    parts.map(async ({ family }) => {
      const { code, stdout } = await host.run({ argv: listSetArgv(family, 'about') });
      return code === 0 ? parseAbout(stdout) : undefined;
    }),
  );
}

/** The tables when all are there and of this run; undefined when any is not. */
export async function ownTables(
  host: Host,
  diversion: Parts,
  runId: string,
): Promise<readonly DiversionTable[] | undefined> {
  const tables = await readTables(host, diversion);
  const own = tables.filter((table) => table?.owner === runId) as readonly DiversionTable[];
  return own.length === diversion.parts.length ? own : undefined;
}

/** New flows are diverted now, in every family. */
export async function isDiverting(host: Host, diversion: Parts): Promise<boolean> {
  const counts = await Promise.all(
    diversion.parts.map(async (part) => await sizeOf(host, [part], 'services')),
  );
  return counts.every((count) => count > 0);
}

/** A packet has been passed on within the last seconds. */
export async function isBusy(host: Host, { parts }: Parts): Promise<boolean> {
  return (await sizeOf(host, parts, 'recent')) > 0;
}

/** The peer serves flows by way of the tables, or has until a moment ago. */
export async function hasFlows(host: Host, { parts }: Parts): Promise<boolean> {
  // In this order: what is still to end is many and not listed, what goes on is few.
  return (await sizeOf(host, parts, 'some_ending')) > 0 || (await sizeOf(host, parts, 'flows')) > 0;
}

async function sizeOf(host: Host, parts: Parts['parts'], set: DiversionSet): Promise<number> {
  let sum = 0;
  for (const { family } of parts) {
    const { code, stdout } = await host.run({ argv: listSetArgv(family, set) });
    if (code === 0) sum += parseElements(stdout).length;
  }
  return sum;
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
  const settled = work.then(
    () => true,
    () => true,
  );
  for (;;) {
    await renew();
    const pause = host.clock.sleep(LOOK_EVERY_MS).then(() => false);
    if (await Promise.race([settled, pause])) return await work;
  }
}
