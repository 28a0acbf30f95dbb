import { refused } from '../../error.js';
import { parseAddresses, type Address } from './address.js';
import { decode, documentOf, type Document, type Line } from './document.js';
import type { Word } from './lexer.js';
import { resolve } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';

/** A place in a configuration that names a listening address. */
interface Spot {
  readonly document: Document;
  readonly line: Line;
  readonly word: Word;
  /** `bind`, or a socket or file of the process itself. */
  readonly use: 'bind' | 'stats' | 'pidfile';
}

export interface Standby {
  readonly documents: readonly Document[];
  /** Unix sockets of the process, as they were and as they are now. */
  readonly sockets: readonly { readonly from: string; readonly to: string }[];
  readonly pidFile: string | null;
}

/**
 * The configuration of a second instance beside the first: every TCP port that it listens on is
 * replaced, and the process's own sockets and pid file get names of their own. All other bytes
 * stay.
 *
 * @throws HitlessError `method-unusable` for an address that cannot be moved to another port
 */
export function standbyDocuments(
  documents: readonly Document[],
  ports: ReadonlyMap<number, number>,
  suffix: string,
): Standby {
  const edits = new Map<Line, string>();
  const sockets: { from: string; to: string }[] = [];
  let pidFile: string | null = null;
  for (const spot of spotsOf(documents)) {
    const { line, word, use } = spot;
    const text = use === 'pidfile' ? word.value + suffix : moved(spot, ports, suffix);
    if (use === 'pidfile') pidFile = word.value;
    if (use === 'stats' && text.endsWith(suffix)) {
      const [address] = parseAddresses(word.value);
      const from = address?.path ?? '';
      sockets.push({ from, to: from + suffix });
    }
    const at = word.column - 1;
    edits.set(line, line.text.slice(0, at) + text + line.text.slice(at + word.raw.length));
  }
  return { documents: documents.map((one) => withLines(one, edits)), sockets, pidFile };
}

/** Every TCP port on which the configuration listens, in order. */
export function listeningPorts(documents: readonly Document[]): readonly number[] {
  const ports = spotsOf(documents)
    .filter(({ use }) => use !== 'pidfile')
    .flatMap((spot) => addressesAt(spot).map(({ ports: range }) => range?.low ?? 0));
  return [...new Set(ports)].filter((port) => port > 0);
}

const LISTENING: ReadonlySet<string> = new Set(['frontend', 'listen', 'log-forward']);

function spotsOf(documents: readonly Document[]): readonly Spot[] {
  return resolve(documents).sections.flatMap((section) => {
    const document = documents.find((one) => one.holds(section.header));
    if (document === undefined) return [];
    return section.statements.flatMap((statement) => {
      const spot = spotIn(section, statement);
      return spot === undefined ? [] : [{ document, line: statement.line, ...spot }];
    });
  });
}

function spotIn(section: Section, statement: Statement): Pick<Spot, 'word' | 'use'> | undefined {
  const [, first, second] = wordsOf(statement);
  if (LISTENING.has(section.kind) && statement.keyword === 'bind') {
    return first && { word: first, use: 'bind' };
  }
  if (section.kind !== 'global') return undefined;
  if (statement.keyword === 'pidfile') return first && { word: first, use: 'pidfile' };
  const isSocket = statement.keyword === 'stats' && first?.value === 'socket';
  return isSocket && second !== undefined ? { word: second, use: 'stats' } : undefined;
}

function moved(spot: Spot, ports: ReadonlyMap<number, number>, suffix: string): string {
  return addressesAt(spot)
    .map((address) => {
      if (address.family === 'unix') return `${address.raw}${suffix}`;
      const port = address.ports?.low ?? 0;
      return address.raw.replace(/\d+$/, String(ports.get(port) ?? port));
    })
    .join(',');
}

/** The addresses of one word, each of which can be moved. */
function addressesAt(spot: Spot): readonly Address[] {
  const addresses = parseAddresses(spot.word.value);
  for (const address of addresses) {
    const why = cannotMove(address, spot);
    if (why !== undefined) throw unmovable(spot, address, why);
  }
  return addresses;
}

function cannotMove(
  { family, ports, transport }: Address,
  { use, word }: Spot,
): string | undefined {
  if (word.env || family === 'variable') return 'its address holds a variable';
  if (family === 'unix') {
    return use === 'stats' ? undefined : 'the kernel cannot direct a unix socket elsewhere';
  }
  if (transport !== 'stream') return 'only TCP connections can be directed';
  if (family !== 'ipv4' && family !== 'ipv6') return 'its address is known at start only';
  if (ports === undefined) return 'it has no port';
  return ports.low === ports.high ? undefined : 'it is a range of ports';
}

function unmovable({ document, line }: Spot, address: Address, why: string): Error {
  const place = `${document.file}:${line.number}`;
  return refused('method-unusable', `${place}: ${decode(address.raw)} cannot be flipped: ${why}`, {
    subject: place,
    hint: 'use "hitless reload" for this HAProxy, or write plain ADDRESS:PORT',
  });
}

function withLines(document: Document, edits: ReadonlyMap<Line, string>): Document {
  const lines = document.lines.map((line) => {
    const text = edits.get(line);
    return text === undefined ? line : { ...line, text };
  });
  return documentOf(document.file, lines);
}
