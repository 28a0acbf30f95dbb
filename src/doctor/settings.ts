import { globalsOf, type StatsSocket } from '../haproxy/config/globals.js';
import { isDisabled, modeOf } from '../haproxy/config/proxy.js';
import {
  find,
  foundIn,
  type Config,
  type Found,
  type Place,
  type Proxy,
} from '../haproxy/config/resolve.js';
import { wordsOf, type Section, type Statement } from '../haproxy/config/sections.js';
import { parseTimeMs } from '../haproxy/config/time.js';
import type { DoctorFacts } from './facts.js';

/** Questions to a configuration that several checks ask. Pure. */

/** Frontends and listen sections that are not disabled. */
export function frontendsOf(config: Config): readonly Proxy[] {
  return config.proxies.filter((proxy) => proxy.kind !== 'backend' && !isDisabled(proxy).value);
}

export function isHttp(proxy: Proxy): boolean {
  return modeOf(proxy).value === 'http';
}

/** The last `KEYWORD ...` of all `global` sections. */
export function globalStatement(config: Config, keyword: string): Found | undefined {
  const found = config.sections
    .filter(({ kind }) => kind === 'global')
    .flatMap((section) =>
      section.statements
        .filter((statement) => statement.keyword === keyword)
        .map((statement) => foundIn(section, statement, false)),
    );
  return found.at(-1);
}

/** In force for the proxy: `KEYWORD`, or `KEYWORD SECOND`. */
export function statementOf(proxy: Proxy, keyword: string, second?: string): Found | undefined {
  return find(
    proxy,
    (statement) =>
      statement.keyword === keyword && (second === undefined || word(statement, 1) === second),
  );
}

export function word(statement: Statement, at: number): string | undefined {
  return wordsOf(statement)[at]?.value;
}

export function valuesOf(statement: Statement): readonly string[] {
  return wordsOf(statement).map(({ value }) => value);
}

export function placeOf({ file, line }: Place): Place {
  return { file, line };
}

export function exposingSocket(config: Config): StatsSocket | undefined {
  return globalsOf(config).statsSockets.find(({ exposeFdListeners }) => exposeFdListeners);
}

/** Listeners go on to the next process: by the master itself since 2.6, else by an exposing socket. */
export function passesListeners({ config, mode, version }: DoctorFacts): boolean {
  const [major, minor] = version?.release ?? [2, 6];
  const byMaster = mode === 'master-worker' && (major > 2 || (major === 2 && minor >= 6));
  return byMaster || (config !== null && exposingSocket(config) !== undefined);
}

/** Where something is to be added to `global`. */
export function globalSection(config: Config): Section | undefined {
  return config.sections.find(({ kind, condition }) => kind === 'global' && condition === 0);
}

const TIMEOUTS = ['client', 'server', 'tunnel', 'http-keep-alive', 'client-fin', 'server-fin'];

export interface LongestTimeout extends Place {
  readonly name: string;
  readonly text: string;
  readonly ms: number;
}

/** The time-out that lets a connection stay longest, over all proxies. */
export function longestTimeout(config: Config): LongestTimeout | undefined {
  let longest: LongestTimeout | undefined;
  for (const proxy of config.proxies) {
    for (const name of TIMEOUTS) {
      const found = statementOf(proxy, 'timeout', name);
      const text = found && word(found.statement, 2);
      const ms = parseTimeMs(text ?? '') ?? 0;
      if (found === undefined || text === undefined || ms <= (longest?.ms ?? 0)) continue;
      longest = { name, text, ms, file: found.file, line: found.line };
    }
  }
  return longest;
}
