import type { LoadedCrtLists } from '../haproxy/changes/drift-crt-lists.js';
import type { ReferencedFiles } from '../haproxy/changes/referenced.js';
import { cliWord } from '../haproxy/runtime/commands.js';
import {
  listCrtLists,
  parseCrtList,
  parseShowCrtList,
  type CrtEntry,
} from '../haproxy/runtime/crt-lists.js';
import type { RuntimeConnection } from '../host/host.js';

/** The entries of each loaded crt-list whose file is known. @param notes what could not be compared */
export async function readCrtLists(
  connection: RuntimeConnection,
  referenced: ReferencedFiles,
  notes: string[],
): Promise<LoadedCrtLists> {
  const found = new Map<string, readonly CrtEntry[]>();
  const isKnown = [...referenced.values()].some(({ kinds }) => kinds.includes('crt-list'));
  if (!isKnown) return found;
  for (const name of listCrtLists(await connection.ask('show ssl crt-list'))) {
    const file = referenced.get(name);
    if (file?.text === undefined || !file.kinds.includes('crt-list')) continue;
    const list = parseShowCrtList(await connection.ask(`show ssl crt-list -n ${cliWord(name)}`));
    const opaque = [parseCrtList(file.text, undefined), list].find((one) => one?.kind === 'opaque');
    if (opaque?.kind === 'opaque') {
      notes.push(`crt-list ${name}: not compared with what runs: ${opaque.because}`);
    } else if (list?.kind === 'entries') found.set(name, list.entries);
  }
  return found;
}
