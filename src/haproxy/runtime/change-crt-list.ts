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

/** Others may delete or add one meanwhile, and then it is looked at again. */
const ROUNDS = 3;

/** HAProxy numbers entries once and for all (ssl_crtlist.c): others stay right when one goes. */
async function deleteOthers(
  connection: RuntimeConnection,
  change: CrtListChange,
): Promise<string | undefined> {
  let refusal: string | undefined;
  for (let round = 0; round < ROUNDS; round += 1) {
    const running = (await ownEntries(connection, change)) ?? [];
    const staying = new Set(stayingIn(running.map(printEntry), change.after));
    const others = running.filter((_entry, at) => !staying.has(at));
    if (others.length === 0) return undefined;
    const said = await connection.askAll(
      others.map(({ certificate, line }) => {
        const name = `${cliWord(certificate)}:${line}`;
        return `del ssl crt-list ${cliWord(change.file)} ${name}`;
      }),
    );
    refusal = said.find((answer) => !/ deleted in crtlist /i.test(answer))?.trim();
  }
  return refusal ?? 'entries keep coming back';
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
