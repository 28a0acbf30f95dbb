import { isAbsolute, join } from 'node:path';
import { refused } from '../error.js';
import { entriesOf } from '../haproxy/changes/crt-lists.js';
import type { Config } from '../haproxy/config/resolve.js';
import { filesOnDisk } from '../haproxy/files-as-read.js';
import { readRuntime } from '../haproxy/runtime/read-runtime.js';
import { nameOf } from '../haproxy/state/carry-commands.js';
import { certificateLosses } from '../haproxy/state/certificate-losses.js';
import { crtListLosses } from '../haproxy/state/crt-list-losses.js';
import {
  entryLosses,
  entryNotes,
  entryPlan,
  type ChangedEntries,
} from '../haproxy/state/entry-plan.js';
import { limitLosses } from '../haproxy/state/limit-losses.js';
import { unseenLosses, unseenNotes } from '../haproxy/state/not-compared.js';
import { serverPlan } from '../haproxy/state/server-plan.js';
import { tablePlan } from '../haproxy/state/stick-tables.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { Host, RuntimeConnection } from '../host/host.js';
import type { StateFacts } from '../methods/facts.js';

/** Nothing is known at run time that the files do not say, or nobody can be asked. */
export const NO_STATE: StateFacts = {
  servers: [],
  files: [],
  entries: [],
  tables: { handedOn: [], isLearning: false },
  losses: [],
  notes: [],
};

export interface StateInput {
  /** As the next process will read it. */
  readonly config: Config;
  /** As the running process has read it; null when that is not known. */
  readonly former: Config | null;
  readonly cwd: string;
  readonly startedMs: number;
  /** `-N` of its command line. */
  readonly perProxy: number | undefined;
  /** Changes of maps and ACLs are to be written into their files. */
  readonly keepRuntime: boolean;
}

/** What the running process knows that its files do not say, and what becomes of it. */
export async function gatherState(
  host: Host,
  connection: RuntimeConnection,
  admin: boolean,
  input: StateInput,
): Promise<StateFacts> {
  const { cwd, startedMs, keepRuntime } = input;
  const reading = await readRuntime(connection, {
    fileAsRead: filesOnDisk(host, cwd, startedMs),
    entriesOf: (text) => entriesOf(text, input.former ?? input.config),
    all: keepRuntime,
  });
  const servers = serverPlan({ running: reading.servers, ...input });
  const entries = entryPlan(reading);
  const crtLists = crtListLosses(reading);
  const tables = tablePlan(input.config, reading.tables, reading.peers);
  return {
    servers: admin ? servers.servers : [],
    files: servers.files,
    entries: keepRuntime ? entries.changed.map((one) => written(one, cwd)) : [],
    tables,
    losses: [
      ...servers.losses,
      ...(admin ? [] : servers.servers.map(notAdmin)),
      ...limitLosses(input, reading),
      ...certificateLosses(reading),
      ...crtLists.losses,
      ...tables.losses,
      ...(keepRuntime ? [] : entryLosses(entries)),
      ...unseenLosses(reading),
    ],
    notes: [...entryNotes(entries), ...crtLists.notes, ...unseenNotes(reading)],
  };
}

function written(
  { kind, name, count, content, wanted }: ChangedEntries,
  cwd: string,
): StateFacts['entries'][number] {
  if (wanted === null) {
    throw refused('not-lossless', `an entry of the ${kind} ${name} cannot be written into a file`, {
      subject: name,
      hint: 'leave --keep-runtime out, or delete the entry at run time',
    });
  }
  return {
    path: isAbsolute(name) ? name : join(cwd, name),
    content: Buffer.from(content, 'latin1'),
    wanted: Buffer.from(wanted, 'latin1'),
    summary: `${count} ${kind} ${count === 1 ? 'entry' : 'entries'}`,
  };
}

function notAdmin({ server }: StateFacts['servers'][number]): StateLoss {
  return {
    what: `state of ${nameOf(server)}`,
    because: 'no stats socket of HAProxy has level admin, by which the next process could be told',
    remedy: 'set "stats socket PATH level admin expose-fd listeners" in the global section',
  };
}
