import type { RuntimeConnection } from '../../host/host.js';
import type { CrtListChange } from './change.js';
import { cliWord } from './commands.js';
import { parseShowCrtList, printEntry, stayingIn, type CrtEntry } from './crt-lists.js';

/**
 * Has a loaded list hold the wanted entries in the wanted order, whatever half of it was made
 * before: what is missing is added at the end, then what is too many is deleted, so that each
 * name has a certificate all the time. Entries that somebody else has added are left alone.
 *
 * @returns what HAProxy said against it
 */
export async function changeCrtList(
  connection: RuntimeConnection,
  change: CrtListChange,
): Promise<string | undefined> {
  const { file, after } = change;
  const running = await ownEntries(connection, change);
  if (running === undefined) return 'no such crt-list is loaded';
  for (const line of after.slice(stayingIn(running.map(printEntry), after).length)) {
    const said = await connection.ask(`add ssl crt-list ${cliWord(file)} <<\n${line}\n`);
    if (!/success!/i.test(said)) return said.trim();
  }
  return await deleteOthers(connection, change);
}

/** Looks again before each: HAProxy knows entries by numbers, and others may have deleted one. */
async function deleteOthers(
  connection: RuntimeConnection,
  change: CrtListChange,
): Promise<string | undefined> {
  // What was there, and what was added, perhaps more than once by who was killed in between.
  const limit = 2 * (change.before.length + change.after.length) + 1;
  for (let tries = 0; tries < limit; tries += 1) {
    const running = (await ownEntries(connection, change)) ?? [];
    const staying = new Set(stayingIn(running.map(printEntry), change.after));
    const other = running.find((_entry, at) => !staying.has(at));
    if (other === undefined) return undefined;
    const name = `${cliWord(other.certificate)}:${other.line}`;
    const said = await connection.ask(`del ssl crt-list ${cliWord(change.file)} ${name}`);
    if (!/ deleted in crtlist /i.test(said)) return said.trim();
  }
  return 'entries keep coming';
}

async function ownEntries(
  connection: RuntimeConnection,
  { file, before, after }: CrtListChange,
): Promise<readonly CrtEntry[] | undefined> {
  const list = parseShowCrtList(await connection.ask(`show ssl crt-list -n ${cliWord(file)}`));
  if (list?.kind !== 'entries') return undefined;
  const own = new Set([...before, ...after]);
  return list.entries.filter((entry) => own.has(printEntry(entry)));
}
