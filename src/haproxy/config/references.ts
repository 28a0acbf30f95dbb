import type { Config, Place } from './resolve.js';
import { wordsOf, type Section, type Statement } from './sections.js';

export type ReferenceKind =
  | 'certificate'
  | 'ca-file'
  | 'crl-file'
  | 'crt-list'
  | 'map'
  | 'acl'
  | 'errorfile'
  | 'lua'
  | 'server-state'
  | 'other';

/** A file or folder that the configuration names. */
export interface Reference extends Place {
  readonly kind: ReferenceKind;
  /** As written (latin1); variables unexpanded where only HAProxy can expand them. */
  readonly path: string;
  /** Written with a slash at its end. `crt` may name a folder without one, too. */
  readonly folder: boolean;
  /** What HAProxy puts before a relative path: `crt-base`, `ca-base`, `server-state-base`. */
  readonly base: string | undefined;
  /** Lies in a conditional block: only HAProxy knows whether it counts. */
  readonly conditional: boolean;
}

/** All files that the configuration names, in the order of its lines. */
export function referencesOf(config: Pick<Config, 'sections'>): readonly Reference[] {
  const bases = basesOf(config);
  const references: Reference[] = [];
  for (const section of config.sections) {
    for (const statement of section.statements) {
      // Most lines of a large file name no file: a look at the bytes is cheaper than its words.
      if (!MAY_NAME.test(statement.line.text)) continue;
      for (const { kind, path } of namedIn(section, statement)) {
        references.push({
          kind,
          path,
          folder: path.endsWith('/'),
          base: path.startsWith('/') ? undefined : bases.get(BASE_OF[kind] ?? ''),
          conditional: statement.condition !== 0 || section.condition !== 0 || section.straddles,
          file: section.file,
          line: statement.line.number,
        });
      }
    }
  }
  return references;
}

const MAY_NAME =
  /file|crt|crl|map|acl|lua|state|\s-f|ca-|keys|spoe|command|chain|engine|load|["'\\]/;

const BASE_OF: Readonly<Partial<Record<ReferenceKind, string>>> = {
  certificate: 'crt-base',
  'ca-file': 'ca-base',
  'crl-file': 'ca-base',
  'server-state': 'server-state-base',
};

function basesOf(config: Pick<Config, 'sections'>): ReadonlyMap<string, string> {
  const bases = new Map<string, string>();
  for (const section of config.sections) {
    if (section.kind !== 'global') continue;
    for (const statement of section.statements) {
      if (!BASES.has(statement.keyword)) continue;
      const value = wordsOf(statement)[1]?.value;
      if (value !== undefined && !bases.has(statement.keyword)) bases.set(statement.keyword, value);
    }
  }
  return bases;
}

const BASES: ReadonlySet<string> = new Set(['crt-base', 'ca-base', 'server-state-base']);

type Named = Pick<Reference, 'kind' | 'path'>;

function namedIn({ kind }: Section, statement: Statement): readonly Named[] {
  const words = wordsOf(statement).map(({ value }) => value);
  const { keyword } = statement;
  const fixed = FIXED.get(kind === 'global' ? `global ${keyword}` : keyword);
  if (fixed !== undefined) return named(fixed.kind, words[fixed.at]);
  if (PARAMETERS.has(keyword)) return parametersIn(words);
  if (keyword === 'stats' || keyword === 'log') return [];
  return [...functionsIn(words), ...flagsIn(words), ...filesIn(words)];
}

function named(kind: ReferenceKind, path: string | undefined): readonly Named[] {
  // "@system-ca" and the like are names of HAProxy's own.
  return path === undefined || path === '' || path.startsWith('@') ? [] : [{ kind, path }];
}

/** Keyword to the index of the word that is the path. */
const FIXED: ReadonlyMap<string, { readonly kind: ReferenceKind; readonly at: number }> = new Map([
  ['global lua-load', { kind: 'lua', at: 1 }],
  ['global lua-load-per-thread', { kind: 'lua', at: 1 }],
  ['global server-state-file', { kind: 'server-state', at: 1 }],
  ['global ssl-dh-param-file', { kind: 'other', at: 1 }],
  ['global issuers-chain-path', { kind: 'certificate', at: 1 }],
  ['global httpclient.ssl.ca-file', { kind: 'ca-file', at: 1 }],
  ['global deviceatlas-json-file', { kind: 'other', at: 1 }],
  ['global 51degrees-data-file', { kind: 'other', at: 1 }],
  ['global wurfl-data-file', { kind: 'other', at: 1 }],
  ['server-state-file-name', { kind: 'server-state', at: 1 }],
  ['errorfile', { kind: 'errorfile', at: 2 }],
]);

/** Lines of which each parameter may be followed by a path. */
const PARAMETERS: ReadonlySet<string> = new Set([
  'bind',
  'default-bind',
  'server',
  'default-server',
  'server-template',
  'load',
]);

const PARAMETER_KINDS: Readonly<Record<string, ReferenceKind>> = {
  crt: 'certificate',
  'default-crt': 'certificate',
  key: 'certificate',
  issuer: 'certificate',
  ocsp: 'certificate',
  sctl: 'certificate',
  'crt-list': 'crt-list',
  'ca-file': 'ca-file',
  'ca-verify-file': 'ca-file',
  'ca-sign-file': 'ca-file',
  'crl-file': 'crl-file',
  'tls-ticket-keys': 'other',
};

function parametersIn(words: readonly string[]): readonly Named[] {
  return words.flatMap((word, at) => {
    const kind = Object.hasOwn(PARAMETER_KINDS, word) ? PARAMETER_KINDS[word] : undefined;
    return kind === undefined || at === 0 ? [] : named(kind, words[at + 1]);
  });
}

/** `map(FILE)` and its kin in expressions, and the actions that change what was loaded. */
const FUNCTION = /(?:^|[^\w.-])(map|map_\w+|set-map|del-map|add-acl|del-acl)\(([^,)]+)/g;

function functionsIn(words: readonly string[]): readonly Named[] {
  return words.flatMap((word) =>
    [...word.matchAll(FUNCTION)].flatMap(([, name = '', path]) =>
      named(name.endsWith('acl') ? 'acl' : 'map', path?.trim()),
    ),
  );
}

/** `-f FILE`, a map with `-M` before it. */
function flagsIn(words: readonly string[]): readonly Named[] {
  return words.flatMap((word, at) =>
    word === '-f' ? named(words.slice(0, at).includes('-M') ? 'map' : 'acl', words[at + 1]) : [],
  );
}

const FILE_WORDS: Readonly<Record<string, ReferenceKind>> = {
  file: 'other',
  'lf-file': 'other',
  errorfile: 'errorfile',
};

const ANSWERS: ReadonlySet<string> = new Set(['return', 'deny', 'tarpit', 'http-error']);

/** Files of answers (`http-request return file F`, `http-error status 503 file F`) and the rest. */
function filesIn(words: readonly string[]): readonly Named[] {
  const [keyword, first] = words;
  if (keyword === 'filter' && first === 'spoe') {
    const at = words.indexOf('config');
    return at === -1 ? [] : named('other', words[at + 1]);
  }
  if (keyword === 'external-check' && first === 'command') return named('other', words[2]);
  if (!words.slice(0, 3).some((word) => ANSWERS.has(word))) return [];
  return words.flatMap((word, at) => {
    const kind = Object.hasOwn(FILE_WORDS, word) ? FILE_WORDS[word] : undefined;
    return kind === undefined ? [] : named(kind, words[at + 1]);
  });
}
