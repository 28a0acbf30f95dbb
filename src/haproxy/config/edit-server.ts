import { refused, usage } from '../../error.js';
import { decode, encode, type Document } from './document.js';
import { changed, spliced, unchanged, wordsEnd, type Edit, type Splice } from './edit-line.js';
import type { Word } from './lexer.js';
import { nearest } from './nearest.js';
import { quoteWord } from './quoting.js';
import { resolve, type Proxy } from './resolve.js';
import { wordsOf } from './sections.js';
import { oppositeOf, isRetraction, SETTINGS_AT, settingsIn } from './server-words.js';
import { serversOf, settingOf, type ServerSpec } from './servers.js';
import { backendNamed, refuseUncertain } from './target.js';

export interface ServerRequest {
  readonly backend: string;
  readonly server: string;
  /** The whole word: host and port. */
  readonly address?: string;
  /**
   * Arguments by keyword (`[]` for a flag); null takes the line's own setting away, after which
   * one of a `default-server` line counts.
   */
  readonly settings?: Readonly<Record<string, readonly string[] | null>>;
}

/**
 * Changes address and settings of one server in its own line and keeps every other byte.
 *
 * @throws HitlessError `usage`, `config-unknown-name`, `target-ambiguous`, `config-invalid`
 */
export function setServer(documents: readonly Document[], request: ServerRequest): Edit {
  const config = resolve(documents);
  const proxy = backendNamed(config, encode(request.backend));
  const server = serverNamed(proxy, request.server);
  refuseUncertain(config, proxy.section, (statement) => statement === server.statement);
  const splices = [
    ...addressSplice(server, request.address),
    ...Object.entries(request.settings ?? {}).flatMap(([keyword, args]) =>
      settingSplices(server, encode(keyword), args?.map(encode) ?? null),
    ),
  ];
  if (splices.length === 0) return unchanged(documents);
  const edit = spliced(server.statement.line, splices);
  return edit.text === server.statement.line.text
    ? unchanged(documents)
    : changed(documents, [edit]);
}

function serverNamed(proxy: Proxy, name: string): ServerSpec {
  const servers = serversOf(proxy);
  const encoded = encode(name);
  const [found, second] = servers.filter((server) => server.name === encoded);
  const place = `${proxy.file}:${proxy.line}`;
  if (found === undefined) {
    const names = servers.map((server) => decode(server.name));
    const near = nearest(names, name);
    throw refused('config-unknown-name', `${decode(proxy.name)} has no server ${name}`, {
      subject: place,
      hint: near.length > 0 ? `did you mean ${near.join(' or ')}?` : `it has ${names.join(', ')}`,
    });
  }
  if (second !== undefined) {
    throw refused('target-ambiguous', `two servers are called ${name}`, {
      subject: `${found.file}:${found.line} and ${second.file}:${second.line}`,
      hint: 'give each its own name: HAProxy refuses two servers of one name',
    });
  }
  if (found.template !== undefined) {
    throw refused('target-ambiguous', `${name} is one of several that one line makes`, {
      subject: `${found.file}:${found.line}`,
      hint: 'change the server-template line by hand, or give this server a line of its own',
    });
  }
  return found;
}

function addressSplice({ statement }: ServerSpec, address: string | undefined): readonly Splice[] {
  if (address === undefined) return [];
  const encoded = encode(address);
  refuseOdd(encoded);
  if (encoded === '') throw usage('a server needs an address');
  const word = wordsOf(statement)[2];
  if (word === undefined || (word.value === encoded && !word.env)) return [];
  const from = word.column - 1;
  return [{ from, to: from + word.raw.length, text: quoteWord(encoded) }];
}

function settingSplices(
  server: ServerSpec,
  keyword: string,
  args: readonly string[] | null,
): readonly Splice[] {
  [keyword, ...(args ?? [])].forEach(refuseOdd);
  if (keyword === '' || args?.includes(''))
    throw usage('an empty word in the settings of a server');
  const { statement } = server;
  const words = wordsOf(statement);
  const own = settingsIn(words.slice(SETTINGS_AT['server']));
  const opposite = oppositeOf(keyword);
  const same = own.filter((setting) => setting.keyword === keyword);
  if (args === null) return same.map((setting) => removal(words, setting.words));
  if (inForce(server, keyword, args)) return [];
  // The later of two opposites counts, so the other one must not stay behind this one.
  const against = own.filter((setting) => setting.keyword === opposite);
  const away = against.map((setting) => removal(words, setting.words));
  const text = [keyword, ...args].map(quoteWord).join(' ');
  const last = same.at(-1);
  if (last !== undefined) return [...away, replacement(last.words, text)];
  // Taking away is enough where no default-server says the same.
  const inherited = server.settings.some((set) => set.inherited && set.keyword === opposite);
  if (isRetraction(keyword) && away.length > 0 && !inherited) return away;
  const end = wordsEnd(statement);
  return [...away, { from: end, to: end, text: ` ${text}` }];
}

function inForce(server: ServerSpec, keyword: string, args: readonly string[]): boolean {
  const opposite = oppositeOf(keyword);
  if (isRetraction(keyword)) return !server.settings.some((set) => set.keyword === opposite);
  const found = settingOf(server, keyword);
  if (found === undefined || found.env) return false;
  return found.args.length === args.length && found.args.every((arg, at) => arg === args[at]);
}

/** With the space before it. */
function removal(all: readonly Word[], words: readonly Word[]): Splice {
  const [first] = words;
  const before = first && all[all.indexOf(first) - 1];
  return { from: before === undefined ? 0 : endOf(before), to: endOf(words.at(-1)), text: '' };
}

function replacement(words: readonly Word[], text: string): Splice {
  return { from: (words[0]?.column ?? 1) - 1, to: endOf(words.at(-1)), text };
}

function endOf(word: Word | undefined): number {
  return word === undefined ? 0 : word.column - 1 + word.raw.length;
}

function refuseOdd(word: string): void {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(word)) {
    throw usage('a word for the configuration holds a control character');
  }
}
