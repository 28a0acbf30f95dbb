import { balanceOf } from '../haproxy/config/proxy.js';
import { find, type Config, type Proxy } from '../haproxy/config/resolve.js';
import { wordsOf } from '../haproxy/config/sections.js';
import type { Instance } from '../haproxy/instance.js';
import { parseInfo } from '../haproxy/runtime/answers.js';
import { whyNotAtRuntime, whyNotWithBalance } from '../haproxy/runtime/availability.js';
import { changeFrom, type RuntimeChange } from '../haproxy/runtime/change.js';
import { describeChange } from '../haproxy/runtime/commands.js';
import { fromNow } from '../haproxy/runtime/from-now.js';
import type { Runtimes } from '../haproxy/runtime/runtimes.js';
import { runtimeFacts, whyNoCommands } from './facts.js';
import type { Examined } from './prepare.js';

/** Whether changes can be made by the process that serves, which it is asked about first. */
export type Outlook =
  | {
      readonly kind: 'runtime';
      readonly changes: readonly RuntimeChange[];
      readonly sockets: readonly string[];
    }
  | { readonly kind: 'reload'; readonly because: string; readonly remedy: string };

export async function outlookFor(
  runtimes: Runtimes,
  instance: Instance,
  asked: readonly RuntimeChange[],
  { config, check }: Pick<Examined, 'config' | 'check'>,
): Promise<Outlook> {
  const remedy = 'leave out --runtime-only, so that the files are changed and loaded';
  const { facts } = await runtimeFacts(runtimes, instance, config, check.cwd);
  if (!facts.admin) {
    const because = whyNoCommands(facts.sockets[0]);
    return { kind: 'reload', because, remedy: 'add "stats socket PATH level admin" to global' };
  }
  const connection = await runtimes.to(instance.serving, facts.sockets);
  const version = parseInfo(await connection.ask('show info')).get('Version') ?? 'unknown';
  const changes: RuntimeChange[] = [];
  for (const found of await fromNow(connection, asked)) {
    if (found.isMade) continue;
    const change = changeFrom(found.change, found.now);
    const because = whyNotAtRuntime(change, version) ?? found.because ?? whyNotHere(change, config);
    if (because !== undefined) {
      return { kind: 'reload', because: `${describeChange(change)}: ${because}`, remedy };
    }
    changes.push(change);
  }
  return { kind: 'runtime', changes, sockets: facts.sockets };
}

function whyNotHere(change: RuntimeChange, config: Config): string | undefined {
  if (!('server' in change)) return undefined;
  const backend = config.proxies.find(
    ({ name, kind }) => name === change.server.backend && kind !== 'frontend',
  );
  return backend === undefined
    ? undefined
    : whyNotWithBalance(change, balanceOf(backend).value, isConsistent(backend));
}

function isConsistent(backend: Proxy): boolean {
  const found = find(backend, ({ keyword }) => keyword === 'hash-type');
  return found !== undefined && wordsOf(found.statement)[1]?.value === 'consistent';
}
