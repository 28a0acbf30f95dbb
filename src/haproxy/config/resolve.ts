import type { Document } from './document.js';
import { sectionsOf, type Reading, type Section, type Statement } from './sections.js';

export type ProxyKind = 'frontend' | 'backend' | 'listen';

export interface Place {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

/** All files as HAProxy reads them, in the order of `-f`. */
export interface Config {
  readonly documents: readonly Document[];
  readonly sections: readonly Section[];
  readonly proxies: readonly Proxy[];
}

export interface Proxy extends Place {
  readonly kind: ProxyKind;
  readonly name: string;
  readonly section: Section;
  /** Where its initial settings come from, nearest first. */
  readonly defaults: readonly Section[];
}

/** A statement in force, and where it stands. */
export interface Found extends Place {
  readonly statement: Statement;
  readonly section: Section;
  /** Comes from a defaults section. */
  readonly inherited: boolean;
  /** Lies in a conditional block: only HAProxy knows whether it counts. */
  readonly conditional: boolean;
}

/** Takes the files of one HAProxy in the order in which it reads them. */
export function resolve(
  documents: readonly Document[],
  readingOf?: (document: Document) => Reading,
): Config {
  const sections = documents.flatMap((document) => sectionsOf(document, readingOf?.(document)));
  let proxies: readonly Proxy[] | undefined;
  return {
    documents,
    sections,
    get proxies() {
      proxies ??= proxiesOf(sections);
      return proxies;
    },
  };
}

/** In order; where `wanted` is given only those of these sections. */
export function proxiesOf(
  sections: readonly Section[],
  wanted?: ReadonlySet<Section>,
): readonly Proxy[] {
  const chains = new Map<string, readonly Section[]>();
  let latest: readonly Section[] = [];
  const proxies: Proxy[] = [];
  for (const section of sections) {
    if (wanted !== undefined && section.kind !== 'defaults' && !wanted.has(section)) continue;
    const named = section.from === undefined ? undefined : (chains.get(section.from) ?? []);
    if (section.kind === 'defaults') {
      // Without "from" it starts again from the documented values (manual, section 4).
      latest = [section, ...(named ?? [])];
      if (section.name !== '') chains.set(section.name, latest);
    } else if (isProxyKind(section.kind)) {
      proxies.push(new LazyProxy(section.kind, section, named ?? latest));
    }
  }
  return proxies;
}

/** The last statement in force that `matches`: the proxy's own, else its defaults'. */
export function find(proxy: Proxy, matches: (statement: Statement) => boolean): Found | undefined {
  for (const section of [proxy.section, ...proxy.defaults]) {
    const statement = section.statements.findLast(matches);
    if (statement !== undefined) return foundIn(section, statement, section !== proxy.section);
  }
  return undefined;
}

export function foundIn(section: Section, statement: Statement, inherited: boolean): Found {
  const conditional = statement.condition !== 0 || section.condition !== 0 || section.straddles;
  return {
    statement,
    section,
    inherited,
    conditional,
    file: section.file,
    line: statement.line.number,
  };
}

function isProxyKind(kind: string): kind is ProxyKind {
  return kind === 'frontend' || kind === 'backend' || kind === 'listen';
}

/** Asks its section when somebody asks: of most proxies of a large file nobody does. */
class LazyProxy implements Proxy {
  readonly kind: ProxyKind;
  readonly section: Section;
  readonly defaults: readonly Section[];

  constructor(kind: ProxyKind, section: Section, defaults: readonly Section[]) {
    this.kind = kind;
    this.section = section;
    this.defaults = defaults;
  }

  get name(): string {
    return this.section.name;
  }

  get file(): string {
    return this.section.file;
  }

  get line(): number {
    return this.section.start + 1;
  }
}
