import { refused } from '../error.js';
import { statementsOf, type Statement, type Word } from './nginx-statements.js';
import type { Listens, PortMap } from './service.js';
import { spliced, type Splice } from './splice.js';

/**
 * Where an nginx configuration listens (ngx_inet.c, `ngx_parse_url`), and the same on other ports.
 * Pure.
 */
export function nginxListens(text: string): readonly Listens[] {
  const statements = statementsOf(text);
  const explicit = statements.filter(isListen).flatMap((statement) => placesOf(statement));
  const silent = serversWithoutListen(statements);
  return silent.length === 0
    ? explicit
    : [...explicit, { ...ANY_80, udp: false, reuseport: false }];
}

/** What a server of the http block without `listen` uses when nginx is started as root. */
const DEFAULT_PORT = 80;
const ANY_80 = { family: 'ipv4', local: `0.0.0.0:${DEFAULT_PORT}` } as const;

export function nginxWithPorts(text: string, ports: PortMap): string {
  const statements = statementsOf(text);
  const splices = statements.filter(isListen).flatMap((statement) => moved(text, statement, ports));
  const other = ports.get(DEFAULT_PORT);
  if (other !== undefined) {
    for (const at of serversWithoutListen(statements)) {
      splices.push({ start: at, end: at, text: ` listen ${other};` });
    }
  }
  return spliced(text, splices);
}

function isListen({ words, within }: Statement): boolean {
  return words[0]?.text === 'listen' && within.at(-1) === 'server' && words.length > 1;
}

/** Places right after the `{` of such a server. Those of stream and mail must have one. */
function serversWithoutListen(statements: readonly Statement[]): readonly number[] {
  const listening = new Set(statements.filter(isListen).map(({ parent }) => parent));
  return statements.flatMap(({ words, within, block }) =>
    block !== undefined &&
    words[0]?.text === 'server' &&
    within.at(-1) === 'http' &&
    !listening.has(block.id)
      ? [block.bodyAt]
      : [],
  );
}

interface Address {
  /** Empty when only a port is given. */
  readonly host: string;
  readonly first: number;
  readonly last: number;
  /** Place of the port in the word; null where it is left out. */
  readonly portAt: number | null;
}

/** Undefined for a unix socket. */
function addressOf(word: string): Address | undefined {
  if (/^unix:/i.test(word)) return undefined;
  const match = /^(?:(\[[^\]]*\]|[^:[\]]*):)?(\d+)(?:-(\d+))?$/.exec(word);
  if (match === null) return { host: word, first: DEFAULT_PORT, last: DEFAULT_PORT, portAt: null };
  const [, host, first = '', last] = match;
  const portAt = host === undefined ? 0 : host.length + 1;
  return { host: host ?? '', first: Number(first), last: Number(last ?? first), portAt };
}

function placesOf({ words }: Statement): readonly Listens[] {
  const [, place, ...options] = words.map(({ text }) => text);
  const flags = {
    udp: options.includes('udp') || options.includes('quic'),
    reuseport: options.includes('reuseport'),
  };
  const address = addressOf(place ?? '');
  if (address === undefined) {
    return [{ family: 'unix', local: (place ?? '').slice('unix:'.length), ...flags }];
  }
  const { host, first, last } = address;
  const family = host.startsWith('[') ? 'ipv6' : 'ipv4';
  const name = host === '' || host === '*' ? '0.0.0.0' : host;
  const count = Math.max(0, last - first + 1);
  return Array.from({ length: count }, (_, at) => ({
    family,
    local: `${name}:${first + at}`,
    ...flags,
  }));
}

/** UDP stays where it is: a port map is about connections. */
function moved(text: string, { words }: Statement, ports: PortMap): readonly Splice[] {
  const [, place, ...options] = words;
  if (place === undefined || options.some((word) => word.text === 'udp' || word.text === 'quic')) {
    return [];
  }
  const address = addressOf(place.text);
  if (address === undefined) return [];
  const { first, last, portAt } = address;
  if (first !== last) return refuseMappedRange(place.text, address, ports);
  const other = ports.get(first);
  if (other === undefined) return [];
  const digits = portAt === null ? 0 : place.text.length - portAt;
  const kept = place.text.slice(0, place.text.length - digits);
  return [replaced(text, place, portAt === null ? `${kept}:${other}` : `${kept}${other}`)];
}

function refuseMappedRange(
  word: string,
  { first, last }: Address,
  ports: PortMap,
): readonly Splice[] {
  if (![...ports.keys()].some((port) => port >= first && port <= last)) return [];
  throw refused('config-unreadable', `nginx listens on a range of ports: listen ${word}`, {
    subject: word,
    hint: 'write one "listen" for each port',
  });
}

/** Quotes stay where they are, unless the word holds escapes. */
function replaced(text: string, word: Word, by: string): Splice {
  const raw = text.slice(word.start, word.end);
  const at = raw.indexOf(word.text);
  if (at < 0) return { start: word.start, end: word.end, text: by };
  const start = word.start + at;
  return { start, end: start + word.text.length, text: by };
}
