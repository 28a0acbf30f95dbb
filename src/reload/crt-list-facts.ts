import { crtListDifference } from '../haproxy/changes/drift-crt-lists.js';
import type { Config } from '../haproxy/config/resolve.js';
import { cliWord } from '../haproxy/runtime/commands.js';
import { listCrtLists, parseShowCrtList } from '../haproxy/runtime/crt-lists.js';
import type { StateLoss } from '../haproxy/state/state-loss.js';
import type { Host, RuntimeConnection } from '../host/host.js';

export interface CrtListFacts {
  readonly losses: readonly StateLoss[];
  readonly notes: readonly string[];
}

/** Entries of crt-lists that HAProxy has, or has not, unlike the file. */
export async function gatherCrtLists(
  host: Host,
  connection: RuntimeConnection,
  lists: string,
  { config, startedMs }: { readonly config: Config; readonly startedMs: number },
): Promise<CrtListFacts> {
  const losses: StateLoss[] = [];
  const notes: string[] = [];
  for (const path of listCrtLists(lists)) {
    const info = await host.files.info(path);
    if (info === undefined || info.directory) continue;
    const content = await host.files.read(path);
    const running = parseShowCrtList(await connection.ask(`show ssl crt-list -n ${cliWord(path)}`));
    if (content === undefined || running?.kind !== 'entries') continue;
    const found = crtListDifference(content.toString('latin1'), running.entries, config);
    const count = (found?.added.length ?? 0) + (found?.deleted.length ?? 0);
    if (count === 0) continue;
    // What was set at run time cannot be told from the edit of a file that is newer.
    if (info.modifiedMs < startedMs) losses.push(lossOf(path, count));
    else notes.push(`${path} has been edited since HAProxy read it: the file counts from now on`);
  }
  return { losses, notes };
}

function lossOf(path: string, count: number): StateLoss {
  return {
    what: `${count} ${count === 1 ? 'entry' : 'entries'} of the crt-list ${path}`,
    because: 'added or deleted at run time, and the file does not have the change',
    remedy: `write the change into ${path}: "hitless plan" lists the entries`,
  };
}
