import type { Config } from '../config/resolve.js';
import { wordsOf } from '../config/sections.js';
import type { PeersSection, StickTable } from '../runtime/tables.js';
import type { StateLoss } from './state-loss.js';

export interface TablePlan {
  /** Tables with entries that HAProxy itself hands to the next process, when it is told to finish. */
  readonly handedOn: readonly string[];
  /** Their peers section still learns: told to finish now, it would hand nothing on. */
  readonly isLearning: boolean;
  readonly losses: readonly StateLoss[];
}

/** Which stick tables survive: those of a `peers` section that names this very process. Pure. */
export function tablePlan(
  config: Config,
  tables: readonly StickTable[],
  peers: readonly PeersSection[],
): TablePlan {
  const inFiles = tablesIn(config);
  const active = new Map(peers.map((section) => [section.name, section]));
  const filled = tables.filter(({ used }) => used > 0);
  const sections = filled.map(({ name }) => active.get(inFiles.get(name)?.peers ?? ''));
  return {
    handedOn: filled.filter((_, at) => sections[at] !== undefined).map(({ name }) => name),
    isLearning: sections.some((section) => section?.isLearning === true),
    losses: filled.flatMap(({ name, used }, at) =>
      sections[at] === undefined && inFiles.has(name) ? [lossOf(name, used)] : [],
    ),
  };
}

function lossOf(name: string, used: number): StateLoss {
  return {
    what: `${used} ${used === 1 ? 'entry' : 'entries'} of the stick table ${name}`,
    because: 'HAProxy hands a stick table on only by a "peers" section with a peer for this host',
    remedy: 'add "peers NAME" with "peer HOSTNAME ADDRESS:PORT", and "peers NAME" to the table',
  };
}

/** By name; those in a `peers` section itself are called SECTION/NAME. */
function tablesIn(config: Config): ReadonlyMap<string, { readonly peers: string | undefined }> {
  const tables = new Map<string, { readonly peers: string | undefined }>();
  for (const { kind, name, statements } of config.sections) {
    for (const statement of statements) {
      const words = wordsOf(statement).map(({ value }) => value);
      if (kind === 'peers' && statement.keyword === 'table') {
        tables.set(`${name}/${words[1] ?? ''}`, { peers: name });
      } else if (statement.keyword === 'stick-table') {
        const at = words.indexOf('peers');
        tables.set(name, { peers: at < 0 ? undefined : words[at + 1] });
      }
    }
  }
  return tables;
}
