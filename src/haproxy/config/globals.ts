import { parseAddress, type Address } from './address.js';
import { parseBindParams } from './binds.js';
import { foundIn, type Config, type Found, type Place } from './resolve.js';
import { wordsOf } from './sections.js';
import { parseTimeMs } from './time.js';

/** A setting of the process and where it stands. */
export interface Global<T> extends Place {
  readonly value: T;
  /** Lies in a conditional block: only HAProxy knows whether it counts. */
  readonly conditional: boolean;
}

export interface StatsSocket extends Place {
  readonly address: Address;
  /** `user`, `operator` (HAProxy's default) or `admin`. */
  readonly level: string;
  /** A new process can fetch the listeners through it (`-x`). */
  readonly exposeFdListeners: boolean;
  readonly mode: string | undefined;
  readonly user: string | undefined;
  readonly group: string | undefined;
  readonly uid: string | undefined;
  readonly gid: string | undefined;
  readonly conditional: boolean;
}

/** Undefined: not set. Values are latin1, as written, variables unexpanded. */
export interface Globals {
  readonly statsSockets: readonly StatsSocket[];
  readonly user: Global<string> | undefined;
  readonly group: Global<string> | undefined;
  readonly uid: Global<string> | undefined;
  readonly gid: Global<string> | undefined;
  readonly chroot: Global<string> | undefined;
  readonly daemon: Global<true> | undefined;
  readonly masterWorker: Global<true> | undefined;
  readonly pidfile: Global<string> | undefined;
  readonly nbproc: Global<string> | undefined;
  readonly nbthread: Global<string> | undefined;
  /** ms; the value is undefined when it is not a literal time. */
  readonly hardStopAfterMs: Global<number | undefined> | undefined;
  readonly mworkerMaxReloads: Global<string> | undefined;
  readonly serverStateFile: Global<string> | undefined;
  readonly serverStateBase: Global<string> | undefined;
  /** Goes before the path of every `bind` on a unix socket. */
  readonly unixBindPrefix: Global<string> | undefined;
}

/** Over all `global` sections of all files, which HAProxy reads as one. */
export function globalsOf(config: Config): Globals {
  const all = statementsByKeyword(config);
  const last = (keyword: string) => valueOf(all.get(keyword)?.at(-1));
  // HAProxy keeps the first of these: "already specified. Continuing."
  const first = (keyword: string) => valueOf(all.get(keyword)?.[0]);
  const hardStop = last('hard-stop-after');
  return {
    statsSockets: (all.get('stats') ?? []).flatMap(statsSocketOf),
    user: first('user'),
    group: first('group'),
    uid: first('uid'),
    gid: first('gid'),
    chroot: first('chroot'),
    daemon: flagOf(last('daemon')),
    masterWorker: flagOf(last('master-worker')),
    pidfile: first('pidfile'),
    nbproc: last('nbproc'),
    nbthread: last('nbthread'),
    hardStopAfterMs: hardStop && { ...hardStop, value: parseTimeMs(hardStop.value) },
    mworkerMaxReloads: last('mworker-max-reloads'),
    serverStateFile: first('server-state-file'),
    serverStateBase: first('server-state-base'),
    unixBindPrefix: (all.get('unix-bind') ?? []).flatMap(prefixOf).at(-1),
  };
}

function statementsByKeyword(config: Config): ReadonlyMap<string, readonly Found[]> {
  const all = new Map<string, Found[]>();
  for (const section of config.sections) {
    if (section.kind !== 'global') continue;
    for (const statement of section.statements) {
      const found = foundIn(section, statement, false);
      const same = all.get(statement.keyword);
      if (same === undefined) all.set(statement.keyword, [found]);
      else same.push(found);
    }
  }
  return all;
}

function valueOf(found: Found | undefined): Global<string> | undefined {
  if (found === undefined) return undefined;
  const { file, line, conditional, statement } = found;
  return { value: wordsOf(statement)[1]?.value ?? '', file, line, conditional };
}

function flagOf(setting: Global<string> | undefined): Global<true> | undefined {
  return setting && { ...setting, value: true };
}

function statsSocketOf(found: Found): readonly StatsSocket[] {
  const { file, line, conditional, statement } = found;
  const [, socket, address, ...rest] = wordsOf(statement);
  if (socket?.value !== 'socket' || address === undefined) return [];
  const params = parseBindParams(rest);
  return [
    {
      address: parseAddress(address.value),
      level: params.get('level') ?? 'operator',
      exposeFdListeners: params.get('expose-fd') === 'listeners',
      mode: params.get('mode'),
      user: params.get('user'),
      group: params.get('group'),
      uid: params.get('uid'),
      gid: params.get('gid'),
      file,
      line,
      conditional,
    },
  ];
}

function prefixOf(found: Found): readonly Global<string>[] {
  const words = wordsOf(found.statement);
  const at = words.findIndex(({ value }, index) => index % 2 === 1 && value === 'prefix');
  const value = at === -1 ? undefined : words[at + 1]?.value;
  const { file, line, conditional } = found;
  return value === undefined ? [] : [{ value, file, line, conditional }];
}
