import type { RuntimeConnection } from '../../host/host.js';
import { batches } from './batches.js';
import { cliWord } from './commands.js';
import { parseShowCrtList, type CrtEntry, type CrtList } from './crt-lists.js';
import {
  beyond,
  ENTRIES_MAX,
  type AsRead,
  type LoadedCrtList,
  type NotCompared,
} from './reading.js';

export interface KnownCrtList {
  readonly name: string;
  readonly file: Extract<AsRead, { kind: 'known' }>;
}

interface Written extends Pick<LoadedCrtList, 'name' | 'edited'> {
  readonly files: readonly CrtEntry[];
}

/** The entries of each loaded crt-list, where they can be compared with those of its file. */
export async function readCrtLists(
  connection: RuntimeConnection,
  known: readonly KnownCrtList[],
  entriesOf: (text: string) => CrtList,
  all: boolean,
): Promise<{
  readonly read: readonly LoadedCrtList[];
  readonly notCompared: readonly NotCompared[];
}> {
  const written: Written[] = [];
  const read: LoadedCrtList[] = [];
  const notCompared: NotCompared[] = [];
  for (const { name, file } of known) {
    const list = entriesOf(file.text);
    if (list.kind === 'opaque') notCompared.push(opaque(name, list.because));
    else if (!all && list.entries.length > ENTRIES_MAX) {
      // HAProxy does not tell how many it has.
      const because = `its file holds ${list.entries.length} entries, more than ${ENTRIES_MAX}`;
      notCompared.push(beyond('crt-list', `crt-list ${name}`, because));
    } else written.push({ name, files: list.entries, edited: file.edited });
  }
  for (const batch of batches(written, ({ files }) => files.length)) {
    const answers = await connection.askAll(
      batch.map(({ name }) => `show ssl crt-list -n ${cliWord(name)}`),
    );
    for (const [at, one] of batch.entries()) {
      const shown = parseShowCrtList(answers[at] ?? '');
      if (shown?.kind === 'opaque') notCompared.push(opaque(one.name, shown.because));
      if (shown?.kind === 'entries') read.push({ ...one, running: shown.entries });
    }
  }
  return { read, notCompared };
}

function opaque(name: string, because: string): NotCompared {
  const remedy = `compare it with what "show ssl crt-list -n ${name}" answers`;
  return { kind: 'not-shown', what: `crt-list ${name}`, because, remedy };
}
