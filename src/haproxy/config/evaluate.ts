import { decide, type ConditionFacts } from './condition.js';
import type { Diagnostic } from './diagnostic.js';
import type { Document, Line } from './document.js';
import { lexLine, type Word } from './lexer.js';
import { resolve, type Config } from './resolve.js';
import type { Reading } from './sections.js';

/** The process for which the configuration is read. */
export interface Circumstances {
  /** All of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Of HAProxy: `2.6.12`. */
  readonly version: string;
  /** What `haproxy -vv` lists with a plus: `OPENSSL`; conditions on them stay open without. */
  readonly features?: ReadonlySet<string>;
  /** `OpenSSL 3.0.17 1 Jul 2025`. */
  readonly sslBuiltWith?: string;
  readonly sslRunningOn?: string;
}

export interface EvaluatedConfig extends Config {
  /** Conditions and variables that only HAProxy can tell; empty: all was decided. */
  readonly undecided: readonly Diagnostic[];
  /** What HAProxy refuses in conditions; their branches stay `conditional`. */
  readonly invalid: readonly Diagnostic[];
}

/**
 * Like `resolve`, with what HAProxy does when it reads the files: branches of `.if` that are not
 * taken are left out, `"$VARIABLES"` are expanded by the environment and by `setenv` and its kin
 * in `global`, in the order of the lines. What cannot be told stays `conditional`, or `env`.
 */
export function evaluate(
  documents: readonly Document[],
  circumstances: Circumstances,
): EvaluatedConfig {
  const undecided: Diagnostic[] = [];
  const invalid: Diagnostic[] = [];
  const variables = new Variables(circumstances.environment);
  const config = resolve(documents, (document) =>
    readingOf(document, { circumstances, variables, undecided, invalid }),
  );
  return { ...config, undecided, invalid };
}

interface State {
  readonly circumstances: Circumstances;
  readonly variables: Variables;
  readonly undecided: Diagnostic[];
  readonly invalid: Diagnostic[];
}

function readingOf({ file }: Document, state: State): Reading {
  let title = '';
  const expand = (line: Line) => (name: string) => {
    if (name === '.LINE') return String(line.number);
    if (name === '.FILE') return file;
    return name === '.SECTION' ? title : state.variables.get(name);
  };
  const words = (line: Line): readonly Word[] | undefined => {
    if (!line.text.includes('$')) return undefined;
    return addressed(lexLine(line.text, expand(line)).words, expand(line));
  };
  return {
    words,
    holds: (line) => holds(file, line, words(line) ?? lexLine(line.text).words, state),
    begun: (kind, name) => {
      title = name === '' ? kind : name;
    },
    seen: (kind, line, found, conditional) => {
      const unknown = found?.find(({ env }) => env);
      if (unknown !== undefined) state.undecided.push(doubt(file, line, unknown));
      if (kind !== 'global') return;
      state.variables.obey(found ?? lexLine(line.text).words, conditional);
    },
  };
}

function doubt(file: string, { number }: Line, { raw, column }: Word): Diagnostic {
  const message = `only HAProxy knows the variable in ${raw}`;
  return { severity: 'warning', file, line: number, column, message };
}

function holds(
  file: string,
  line: Line,
  words: readonly Word[],
  { circumstances, variables, undecided, invalid }: State,
): boolean | undefined {
  const [first, ...rest] = words;
  const unknown = rest.find(({ env }) => env);
  if (unknown !== undefined) {
    undecided.push(doubt(file, line, unknown));
    return undefined;
  }
  const decision = decide(
    rest.map(({ value }) => value).join(' '),
    factsOf(circumstances, variables),
  );
  if (decision.kind === 'true' || decision.kind === 'false') return decision.kind === 'true';
  const { column = 1 } = rest[0] ?? first ?? {};
  const place = { file, line: line.number, column: column + decision.at };
  const { reason: message } = decision;
  if (decision.kind === 'invalid') invalid.push({ ...place, severity: 'error', message });
  else undecided.push({ ...place, severity: 'warning', message });
  return undefined;
}

function factsOf(circumstances: Circumstances, variables: Variables): ConditionFacts {
  const { version, features, sslBuiltWith, sslRunningOn } = circumstances;
  const defined = (name: string): boolean | undefined => {
    const value = variables.get(name);
    return value === undefined ? undefined : value !== null;
  };
  return { defined, version, features, sslBuiltWith, sslRunningOn };
}

/** Where str2sa_range() of HAProxy expands variables itself, quoted or not, without defaults. */
const ADDRESS_AT: Readonly<Record<string, number>> = {
  bind: 1,
  log: 1,
  nameserver: 2,
  peer: 2,
  server: 2,
  'server-template': 3,
  stats: 2,
};

function addressed(
  words: readonly Word[],
  expand: (name: string) => string | null | undefined,
): readonly Word[] {
  const at = ADDRESS_AT[words[0]?.value ?? ''] ?? -1;
  const word = words[at];
  if (word === undefined || word.env || !word.value.includes('$')) return words;
  let env = false;
  const value = word.value.replace(
    /\$(?:\{(\w*)\}?|(\w*))/g,
    (all, braced?: string, bare?: string) => {
      const found = expand(braced ?? bare ?? '');
      if (found === undefined) env = true;
      return found === undefined ? all : (found ?? '');
    },
  );
  return words.with(at, { ...word, value, env });
}

/** The environment as it is at a line of the files. */
class Variables {
  /** Undefined: it may have been changed in a block of which only HAProxy can tell. */
  readonly #values: Map<string, string | undefined>;
  #reset = false;

  constructor(environment: Readonly<Record<string, string>>) {
    this.#values = new Map(Object.entries(environment));
  }

  /** Null: not set; undefined: not known. */
  get(name: string): string | null | undefined {
    if (this.#values.has(name)) return this.#values.get(name);
    // HAProxy sets such variables for itself before it reads its files (management.txt).
    return name.startsWith('HAPROXY_') && !this.#reset ? undefined : null;
  }

  /** `setenv`, `presetenv`, `unsetenv`, `resetenv` (manual, section 3.1). */
  obey(words: readonly Word[], conditional: boolean): void {
    const [keyword, ...args] = words;
    const names = args.map(({ value }) => value);
    switch (keyword?.value) {
      case 'setenv':
        return this.#set(args, conditional);
      case 'presetenv':
        if (this.get(names[0] ?? '') === null) this.#set(args, conditional);
        return;
      case 'unsetenv':
        for (const name of names) this.#unset(name, conditional);
        return;
      case 'resetenv':
        for (const name of [...this.#values.keys()]) {
          if (!names.includes(name)) this.#unset(name, conditional);
        }
        if (!conditional) this.#reset = true;
        return;
      default:
    }
  }

  #set([name, value]: readonly Word[], conditional: boolean): void {
    if (name === undefined || value === undefined || name.env) return;
    this.#values.set(name.value, conditional || value.env ? undefined : value.value);
  }

  #unset(name: string, conditional: boolean): void {
    if (conditional) this.#values.set(name, undefined);
    else this.#values.delete(name);
  }
}
