import { parseAddress } from './address.js';
import type { Place, Proxy } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';

/** Stand-in until the branch with the whole of it is merged. */
export interface Setting extends Place {
  readonly keyword: string;
  readonly args: readonly string[];
  readonly inherited: boolean;
}

export interface ServerSpec extends Place {
  readonly name: string;
  readonly address: string;
  readonly port: string | undefined;
  readonly settings: readonly Setting[];
  readonly template: { readonly prefix: string; readonly index: number } | undefined;
  readonly statement: Statement;
  readonly conditional: boolean;
}

const ARGS: Readonly<Record<string, number>> = { weight: 1, track: 1, inter: 1, fall: 1, rise: 1, port: 1, addr: 1, maxconn: 1 };

export function serversOf(proxy: Proxy): readonly ServerSpec[] {
  const inherited = proxy.defaults.toReversed().flatMap((section) => section.statements.flatMap((s) => s.keyword === 'default-server' ? settingsIn(section, s, 1, true) : []));
  const all: ServerSpec[] = [];
  let own = inherited;
  for (const statement of proxy.section.statements) {
    if (statement.keyword === 'default-server') own = [...own, ...settingsIn(proxy.section, statement, 1, true)];
    if (statement.keyword !== 'server') continue;
    const words = wordsOf(statement).map(({ value }) => value);
    const raw = words[2] ?? '';
    const parsed = parseAddress(raw);
    all.push({
      name: words[1] ?? '',
      address: parsed.host ?? raw,
      port: parsed.ports === undefined ? undefined : String(parsed.ports.low),
      settings: [...own, ...settingsIn(proxy.section, statement, 3, false)],
      template: undefined,
      statement,
      conditional: statement.condition !== 0,
      file: proxy.section.file,
      line: statement.line.number,
    });
  }
  return all;
}

function settingsIn({ file }: Section, statement: Statement, from: number, inherited: boolean): Setting[] {
  const words = wordsOf(statement).map(({ value }) => value).slice(from);
  const settings: Setting[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const keyword = words[at] ?? '';
    const count = ARGS[keyword] ?? 0;
    settings.push({ keyword, args: words.slice(at + 1, at + 1 + count), inherited, file, line: statement.line.number });
    at += count;
  }
  return settings;
}

export function settingOf(server: ServerSpec, keyword: string): Setting | undefined {
  return server.settings.findLast((setting) => setting.keyword === keyword);
}
