/** What is known where a condition is decided; what is undefined here makes it undecided. */
export interface ConditionFacts {
  /** Undefined: not known whether it is set. */
  readonly defined: (variable: string) => boolean | undefined;
  /** Of HAProxy: `2.6.12`, `3.1-dev5`. */
  readonly version: string;
  /** Those that `haproxy -vv` lists with a plus. */
  readonly features: ReadonlySet<string> | undefined;
  /** As `haproxy -vv` says it: `OpenSSL 3.0.17 1 Jul 2025`. */
  readonly sslBuiltWith: string | undefined;
  readonly sslRunningOn: string | undefined;
}

/** `undecided`: nothing here tells; `invalid`: HAProxy refuses the line. */
export type Decision = { readonly kind: 'true' } | { readonly kind: 'false' } | Doubt;

export interface Doubt {
  readonly kind: 'undecided' | 'invalid';
  readonly reason: string;
  /** In the expression, from 0. */
  readonly at: number;
}

/**
 * Decides the expression of an `.if` or `.elif` line, as cfg_eval_condition() does (src/cfgcond.c):
 * `!` binds most, then `&&`, then `||`; parentheses group; a predicate is a name with arguments.
 * An empty one is false.
 */
export function decide(expression: string, facts: ConditionFacts): Decision {
  if (expression === '') return { kind: 'false' };
  const reader: Reader = { text: expression, at: 0, facts, depth: 0 };
  const found = anyOf(reader);
  if (found.kind === 'invalid') return found;
  skipSpace(reader);
  if (reader.at < expression.length) {
    const rest = expression.slice(reader.at, reader.at + 1);
    return { kind: 'invalid', reason: `unexpected character '${rest}'`, at: reader.at };
  }
  return found;
}

interface Reader {
  readonly text: string;
  readonly facts: ConditionFacts;
  at: number;
  depth: number;
}

/** MAX_CFG_RECURSION of HAProxy; one level of parentheses takes three of them there. */
const DEPTH_LIMIT = 1024 / 3;

function anyOf(reader: Reader): Decision {
  let found = allOf(reader);
  while (found.kind !== 'invalid' && take(reader, '||')) {
    const next = allOf(reader);
    if (next.kind === 'invalid' || found.kind === 'false') found = next;
    // Whatever an undecided one is, a true one after it decides.
    else if (found.kind === 'undecided' && next.kind === 'true') found = next;
  }
  return found;
}

function allOf(reader: Reader): Decision {
  let found = term(reader);
  while (found.kind !== 'invalid' && take(reader, '&&')) {
    const next = term(reader);
    if (next.kind === 'invalid' || found.kind === 'true') found = next;
    else if (found.kind === 'undecided' && next.kind === 'false') found = next;
  }
  return found;
}

function term(reader: Reader): Decision {
  skipSpace(reader);
  let negated = false;
  while (reader.text[reader.at] === '!') {
    negated = !negated;
    reader.at += 1;
    skipSpace(reader);
  }
  const found = positive(reader);
  if (!negated || (found.kind !== 'true' && found.kind !== 'false')) return found;
  return answer(found.kind === 'false');
}

const NUMBER = /[+-]?(?:0x[\da-f]+|\d+)/iy;
const PREDICATE = /[^ (]*/y;

function positive(reader: Reader): Decision {
  const number = match(reader, NUMBER);
  if (number !== undefined) return answer(/[1-9a-f]/i.test(number.replace(/^[+-]?0x/i, '')));
  if (reader.text[reader.at] === '(') return group(reader);
  const start = reader.at;
  const name = match(reader, PREDICATE) ?? '';
  const rule = Object.hasOwn(PREDICATES, name) ? PREDICATES[name] : undefined;
  if (rule === undefined || reader.text[reader.at] !== '(') {
    const reason = `cannot read the condition at "${reader.text.slice(start)}"`;
    // A later version may know more predicates.
    const later = /^[a-z_]\w*$/.test(name) && reader.text[reader.at] === '(';
    if (later && argumentsIn(reader) !== undefined) return { kind: 'undecided', reason, at: start };
    return { kind: 'invalid', reason, at: start };
  }
  const args = argumentsIn(reader);
  if (args === undefined || args.length !== rule.arguments) {
    return {
      kind: 'invalid',
      reason: `"${name}" expects ${rule.arguments} argument(s)`,
      at: start,
    };
  }
  const value = rule.decide(args, reader.facts);
  return value === undefined
    ? { kind: 'undecided', reason: `only HAProxy knows ${name}(${args.join(',')})`, at: start }
    : answer(value);
}

function group(reader: Reader): Decision {
  const start = reader.at;
  reader.depth += 1;
  reader.at += 1;
  if (reader.depth > DEPTH_LIMIT)
    return { kind: 'invalid', reason: 'too many parentheses', at: start };
  const found = anyOf(reader);
  reader.depth -= 1;
  if (found.kind === 'invalid' || take(reader, ')')) return found;
  return { kind: 'invalid', reason: "expected ')'", at: reader.at };
}

/** In parentheses, parted by commas; quotes hold commas and parentheses together. */
function argumentsIn(reader: Reader): readonly string[] | undefined {
  const args: string[] = [];
  let value = '';
  let quote = '';
  for (reader.at += 1; reader.at < reader.text.length; reader.at += 1) {
    const char = reader.text.charAt(reader.at);
    if (quote === '' && (char === ',' || char === ')')) {
      args.push(value);
      value = '';
      if (char === ')') {
        reader.at += 1;
        return args;
      }
    } else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) quote = char;
    else if (char === '\\' && quote !== "'") value += escaped(reader);
    else value += char;
  }
  return undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  ...{ '\\': '\\', ' ': ' ', '"': '"', "'": "'" },
  ...{ r: '\r', n: '\n', t: '\t' },
};

/** By make_arg_list() in src/arg.c: a backslash before anything else is itself. */
function escaped(reader: Reader): string {
  const meant = ESCAPES[reader.text.charAt(reader.at + 1)];
  if (meant !== undefined) reader.at += 1;
  return meant ?? '\\';
}

interface Predicate {
  readonly arguments: number;
  readonly decide: (args: readonly string[], facts: ConditionFacts) => boolean | undefined;
}

const PREDICATES: Readonly<Record<string, Predicate>> = {
  defined: { arguments: 1, decide: ([name = ''], { defined }) => defined(name) },
  feature: { arguments: 1, decide: ([name = ''], { features }) => features?.has(name) },
  streq: { arguments: 2, decide: ([a, b]) => a === b },
  strneq: { arguments: 2, decide: ([a, b]) => a !== b },
  strstr: { arguments: 2, decide: ([a = '', b = '']) => a.includes(b) },
  version_atleast: {
    arguments: 1,
    decide: ([wanted = ''], { version }) => atLeast(version, wanted),
  },
  version_before: {
    arguments: 1,
    decide: ([wanted = ''], { version }) => not(atLeast(version, wanted)),
  },
  openssl_version_atleast: {
    arguments: 1,
    decide: ([wanted = ''], facts) => opensslAtLeast(facts, wanted),
  },
  openssl_version_before: {
    arguments: 1,
    decide: ([wanted = ''], facts) => not(opensslAtLeast(facts, wanted)),
  },
  ssllib_name_startswith: {
    arguments: 1,
    decide: ([name = ''], { sslRunningOn }) => sslRunningOn?.startsWith(name),
  },
};

function not(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value;
}

/** HAProxy compares with what it was built with (OPENSSL_VERSION_NUMBER). */
function opensslAtLeast({ sslBuiltWith }: ConditionFacts, wanted: string): boolean | undefined {
  return notBefore(
    opensslParts(/^OpenSSL (\S+)/.exec(sslBuiltWith ?? '')?.[1]),
    opensslParts(wanted),
  );
}

/** `1.1.1k`: a letter counts the patches. */
function opensslParts(text: string | undefined): readonly number[] | undefined {
  const found = /^(\d+)\.(\d+)\.(\d+)([a-z]?)$/.exec(text ?? '');
  if (found === null) return undefined;
  const [, major, minor, fix, patch = ''] = found;
  return [Number(major), Number(minor), Number(fix), patch === '' ? 0 : patch.charCodeAt(0) - 96];
}

function atLeast(version: string, wanted: string): boolean | undefined {
  return notBefore(versionParts(version), versionParts(wanted));
}

/** Undefined when one of them cannot be read. */
function notBefore(
  a: readonly number[] | undefined,
  b: readonly number[] | undefined,
): boolean | undefined {
  if (a === undefined || b === undefined) return undefined;
  const at = a.findIndex((part, index) => part !== b[index]);
  return at === -1 || (a[at] ?? 0) > (b[at] ?? 0);
}

const TAGS: Readonly<Record<string, number>> = { dev: 1, rc: 2, pre: 2 };
const RELEASED = 3;

/** As split_version() in src/haproxy.c: `2.5-dev3` comes before `2.5.0`, `2.5.0-10` after it. */
function versionParts(text: string): readonly number[] | undefined {
  const found = /^((?:\d+\.){0,3}\d+)(?:-(?:(dev|rc|pre)(\d*)-?)?(.*))?$/s.exec(text);
  if (found === null) return undefined;
  const [, numbers = '', tag = '', tagNumber = '', rest = ''] = found;
  const parts = numbers.split('.').map(Number);
  const commit = /^\d+$/.exec(rest.slice(rest.lastIndexOf('-') + 1))?.[0] ?? '0';
  const [a = 0, b = 0, c = 0, d = 0] = parts;
  return [a, b, c, d, TAGS[tag] ?? RELEASED, Number(tagNumber), Number(commit)];
}

function answer(value: boolean): Decision {
  return value ? { kind: 'true' } : { kind: 'false' };
}

function take(reader: Reader, sign: string): boolean {
  skipSpace(reader);
  if (!reader.text.startsWith(sign, reader.at)) return false;
  reader.at += sign.length;
  return true;
}

function match(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  if (found !== undefined) reader.at += found.length;
  return found;
}

function skipSpace(reader: Reader): void {
  while (reader.text[reader.at] === ' ' || reader.text[reader.at] === '\t') reader.at += 1;
}
