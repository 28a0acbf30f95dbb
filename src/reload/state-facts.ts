import { refused } from '../error.js';
import type { Config } from '../haproxy/config/resolve.js';
import { parseServerStates } from '../haproxy/runtime/server-states.js';
import { nameOf } from '../haproxy/state/carry-commands.js';
import { serverPlan } from '../haproxy/state/server-plan.js';
import { tablePlan } from '../haproxy/state/stick-tables.js';
import { parsePeers, parseTables } from '../haproxy/runtime/tables.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { Host, RuntimeConnection } from '../host/host.js';
import type { StateFacts } from '../methods/facts.js';
import { certificateLosses } from './certificate-facts.js';
import { gatherCrtLists } from './crt-list-facts.js';
import { entryLosses, entryNotes, gatherEntries, type ChangedEntries } from './entry-facts.js';

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
  /** Changes of maps and ACLs are to be written into their files. */
  readonly keepRuntime: boolean;
}

const LISTS = [
  ...(['show servers state', 'show map', 'show acl', 'show ssl cert'] as const),
  ...(['show table', 'show peers', 'show ssl crt-list'] as const),
] as const;

/**
 * What the running process knows of servers, maps, ACLs and certificates and the files do not. One
 * round trip, and one more for each map, ACL or certificate that is loaded from a file.
 */
export async function gatherState(
  host: Host,
  connection: RuntimeConnection,
  admin: boolean,
  input: StateInput,
): Promise<StateFacts> {
  const answers = await connection.askAll(LISTS);
  const [states = '', maps = '', acls = '', certificates = '', table = '', peers = ''] = answers;
  const crtLists = answers[LISTS.indexOf('show ssl crt-list')] ?? '';
  const servers = serverPlan({ running: parseServerStates(states), ...input });
  const lists = { maps, acls };
  const entries = await gatherEntries(host, connection, lists, {
    ...input,
    all: input.keepRuntime,
  });
  const lost = await certificateLosses(host, connection, certificates, input);
  const tables = tablePlan(input.config, parseTables(table), parsePeers(peers));
  const listed = await gatherCrtLists(host, connection, crtLists, input);
  const losses = [...servers.losses, ...lost, ...listed.losses, ...tables.losses];
  return {
    servers: admin ? servers.servers : [],
    files: servers.files,
    entries: input.keepRuntime ? entries.changed.map(written) : [],
    tables,
    losses: [
      ...losses,
      ...(admin ? [] : servers.servers.map(notAdmin)),
      ...(input.keepRuntime ? [] : entryLosses(entries)),
    ],
    notes: [...entryNotes(entries), ...listed.notes],
  };
}

function written(entries: ChangedEntries): StateFacts['entries'][number] {
  const { kind, path, count, content, wanted } = entries;
  if (wanted === null) {
    throw refused('not-lossless', `an entry of the ${kind} ${path} cannot be written into a file`, {
      subject: path,
      hint: 'leave --keep-runtime out, or delete the entry at run time',
    });
  }
  return {
    path,
    content,
    wanted,
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
