/** As much of a configuration as the fake HAProxy lives by, read without help from src/. */
export interface FakeConfig {
  readonly text: string;
  readonly binds: readonly FakeBind[];
  readonly frontends: readonly string[];
  readonly statsSockets: readonly StatsSocket[];
  /** Loaded when it starts: `load-server-state-from-file global`. */
  readonly stateFile: string | undefined;
}

export interface FakeBind {
  readonly frontend: string;
  readonly family: 'ipv4' | 'ipv6' | 'unix';
  readonly local: string;
  /** HAProxy does not find the socket of a specific IPv6 address again (2.6.12, 3.5-dev5). */
  readonly passable: boolean;
}

export interface StatsSocket {
  readonly path: string;
  readonly level: string;
  readonly exposesListeners: boolean;
}

/** A line with this word is refused, as an unknown keyword is. */
export const BAD_KEYWORD = 'foo';

export function readConfig(text: string): FakeConfig {
  const binds: FakeBind[] = [];
  const frontends: string[] = [];
  const statsSockets: StatsSocket[] = [];
  const all = text.split('\n').map((line) => line.trim().split(/\s+/));
  const loads = all.some((words) => words[0] === 'load-server-state-from-file');
  const stateFile = all.find((words) => words[0] === 'server-state-file')?.[1];
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/);
    const [keyword, first = '', second = ''] = words;
    if (keyword === 'frontend') frontends.push(first);
    if (keyword === 'bind') binds.push(bindOf(first, words, frontends.at(-1) ?? ''));
    if (keyword === 'stats' && first === 'socket') {
      const level = words[words.indexOf('level') + 1] ?? 'operator';
      const exposesListeners = words.includes('expose-fd');
      statsSockets.push({ path: second, level, exposesListeners });
    }
  }
  return {
    text,
    binds,
    frontends,
    statsSockets,
    stateFile: loads ? stateFile : undefined,
  };
}

function bindOf(address: string, words: readonly string[], frontend: string): FakeBind {
  if (address.startsWith('/')) return { frontend, family: 'unix', local: address, passable: true };
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at);
  const port = address.slice(at + 1);
  if (!host.includes(':')) return { frontend, family: 'ipv4', local: address, passable: true };
  const passable = words.includes('v6only');
  return { frontend, family: 'ipv6', local: `[${host}]:${port}`, passable };
}

/** What HAProxy 2.6 prints when it refuses a configuration; undefined when it is content. */
export function complaint(text: string | undefined, path: string, pid: number): string | undefined {
  if (text === undefined) {
    return `[ALERT]    (${pid}) : config : Could not open configuration file ${path} : No such file or directory\n`;
  }
  const at = text.split('\n').findIndex((line) => line.trim().split(/\s+/)[0] === BAD_KEYWORD);
  if (at < 0) return undefined;
  return [
    `[NOTICE]   (${pid}) : haproxy version is 2.6.12-1+deb12u4`,
    `[ALERT]    (${pid}) : config : parsing [${path}:${at + 1}] : unknown keyword '${BAD_KEYWORD}' in 'global' section`,
    `[ALERT]    (${pid}) : config : Error(s) found in configuration file : ${path}`,
    `[ALERT]    (${pid}) : config : Fatal errors found in configuration.`,
    '',
  ].join('\n');
}
