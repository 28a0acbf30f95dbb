import { lexLine } from './lexer.js';
import type { Place, Proxy } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';

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

const FLAGS: ReadonlySet<string> = new Set(
  `agent-check allow-0rtt backup check check-send-proxy check-ssl check-via-socks4 disabled enabled
  force-sslv3 force-tlsv10 force-tlsv11 force-tlsv12 force-tlsv13 no-sslv3 no-tlsv10 no-tlsv11
  no-tlsv12 no-tlsv13 no-tls-tickets non-stick send-proxy send-proxy-v2 send-proxy-v2-ssl
  send-proxy-v2-ssl-cn ssl stick tfo tls-tickets`.split(/\s+/),
);

export function serversOf(proxy: Proxy): readonly ServerSpec[] {
  const base = [...proxy.defaults].reverse().flatMap((section) =>
    section.statements
      .filter(({ keyword }) => keyword === 'default-server')
      .flatMap((statement) => settingsIn(section, statement, 1, true)),
  );
  const found: ServerSpec[] = [];
  for (const statement of proxy.section.statements) {
    const { keyword } = statement;
    if (keyword === 'default-server') base.push(...settingsIn(proxy.section, statement, 1, true));
    if (keyword !== 'server') continue;
    const [, name, address] = wordsOf(statement).map(({ value }) => value);
    const match = /^(\[.*\]|[^:]*|[0-9a-f:]*):(\d+|[+-]\d+|[A-Za-z0-9-]+)?$/.exec(address ?? '');
    found.push({
      name: name ?? '',
      address: match?.[1] ?? address ?? '',
      port: match?.[2],
      settings: [...base, ...settingsIn(proxy.section, statement, 3, false)],
      template: undefined,
      statement,
      conditional: statement.condition !== 0,
      file: proxy.section.file,
      line: statement.line.number,
    });
  }
  return found;
}

export function settingOf(server: ServerSpec, keyword: string): Setting | undefined {
  return server.settings.findLast((setting) => setting.keyword === keyword);
}

function settingsIn(section: Section, statement: Statement, from: number, inherited: boolean): Setting[] {
  const words = lexLine(statement.line.text).words.map(({ value }) => value);
  const settings: Setting[] = [];
  for (let at = from; at < words.length; at += 1) {
    const keyword = words[at] ?? '';
    const args = FLAGS.has(keyword) || keyword.startsWith('no-') ? [] : words.slice(at + 1, at + 2);
    at += args.length;
    settings.push({ keyword, args, inherited, file: section.file, line: statement.line.number });
  }
  return settings;
}
