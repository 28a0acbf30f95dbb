import { usage } from '../../error.js';
import { decode, encode } from './document.js';
import { lexLine } from './lexer.js';
import { nearest } from './nearest.js';
import { quoteWord } from './quoting.js';

/** An algorithm with its arguments, ready for a `balance` line. */
export interface Algorithm {
  /** What HAProxy reads (latin1). */
  readonly values: readonly string[];
  /** What stands in the file (latin1). */
  readonly text: string;
  /** Holds a variable: what it means is known when HAProxy starts. */
  readonly env: boolean;
}

/**
 * A string is cut into words as a line of the file would be (`uri whole`, `hdr("X-Id")`); of a
 * list, each element is one word, quoted where it has to be. What no HAProxy can accept is refused
 * here; the installed HAProxy's own check has the last word.
 *
 * @throws HitlessError `usage`
 */
export function parseAlgorithm(algorithm: string | readonly string[]): Algorithm {
  const parsed = typeof algorithm === 'string' ? fromLine(algorithm) : fromWords(algorithm);
  if (parsed.values.some(hasControl)) throw usage('the algorithm holds a control character');
  if (!parsed.env) check(parsed.values);
  return parsed;
}

function fromLine(line: string): Algorithm {
  if (hasControl(line)) throw usage('the algorithm holds a control character');
  const text = encode(line.trim());
  const { words, fault } = lexLine(text);
  if (fault !== undefined) throw usage(`cannot read the algorithm "${line}": ${fault.reason}`);
  const last = words.at(-1);
  if (last === undefined || last.column - 1 + last.raw.length < text.length) {
    throw usage(`"${line}" is not an algorithm`, KNOWN);
  }
  return { values: words.map(({ value }) => value), text, env: words.some(({ env }) => env) };
}

function fromWords(words: readonly string[]): Algorithm {
  const values = words.map(encode);
  return { values, text: values.map(quoteWord).join(' '), env: false };
}

function hasControl(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  return /[\u0000-\u001f\u007f]/.test(text);
}

type ArgumentCheck = (args: readonly string[]) => boolean;

const none: ArgumentCheck = (args) => args.length === 0;
const one: ArgumentCheck = (args) => args.length === 1 && args[0] !== '';

interface Rule {
  readonly syntax: string;
  /** What may stand in parentheses after the name. */
  readonly inner: RegExp;
  readonly accepts: ArgumentCheck;
}

const BARE = /^$/;
const NAMED = /^\([^)]+\)$/;

/** By backend_parse_balance() in HAProxy (src/backend.c); `log-hash` and `sticky` came after 2.6. */
const RULES: Readonly<Record<string, Rule>> = {
  roundrobin: { syntax: 'roundrobin', inner: BARE, accepts: none },
  'static-rr': { syntax: 'static-rr', inner: BARE, accepts: none },
  leastconn: { syntax: 'leastconn', inner: BARE, accepts: none },
  first: { syntax: 'first', inner: BARE, accepts: none },
  source: { syntax: 'source', inner: BARE, accepts: none },
  sticky: { syntax: 'sticky', inner: BARE, accepts: none },
  random: { syntax: 'random or random(DRAWS)', inner: /^(?:\(0*[1-9]\d*\)|\(\))?$/, accepts: none },
  uri: { syntax: 'uri [whole] [path-only] [len N] [depth N]', inner: BARE, accepts: uriArguments },
  url_param: { syntax: 'url_param NAME [check_post]', inner: BARE, accepts: urlParamArguments },
  hdr: {
    syntax: 'hdr(NAME) [use_domain_only]',
    inner: NAMED,
    accepts: (args) => args.length === 0 || (args.length === 1 && args[0] === 'use_domain_only'),
  },
  'rdp-cookie': {
    syntax: 'rdp-cookie or rdp-cookie(NAME)',
    inner: /^(?:\([^)]+\))?$/,
    accepts: none,
  },
  hash: { syntax: 'hash EXPRESSION', inner: BARE, accepts: one },
  'log-hash': { syntax: 'log-hash CONVERTERS', inner: BARE, accepts: one },
};

const KNOWN = `one of ${Object.keys(RULES).join(', ')}`;

function check(values: readonly string[]): void {
  const [head = '', ...args] = values;
  const name = /^[^(]*/.exec(head)?.[0] ?? '';
  const rule = Object.hasOwn(RULES, name) ? RULES[name] : undefined;
  if (rule === undefined) {
    const near = nearest(Object.keys(RULES), decode(name));
    throw usage(
      `"${decode(head)}" is not a balancing algorithm`,
      near.length === 0 ? KNOWN : `did you mean ${near.join(' or ')}?`,
    );
  }
  if (!rule.inner.test(head.slice(name.length)) || !rule.accepts(args)) {
    throw usage(`"${decode(values.join(' '))}" is not complete or not right`, rule.syntax);
  }
}

function uriArguments(args: readonly string[]): boolean {
  for (let index = 0; index < args.length; index += 1) {
    const word = args[index];
    if (word === 'whole' || word === 'path-only') continue;
    if (word !== 'len' && word !== 'depth') return false;
    index += 1;
    if (!/^0*[1-9]\d*$/.test(args[index] ?? '')) return false;
  }
  return true;
}

/** A third word, once the longest time to wait for the body, is still accepted and ignored. */
function urlParamArguments(args: readonly string[]): boolean {
  const [name = '', modifier = 'check_post', wait = '0', ...more] = args;
  return name !== '' && modifier === 'check_post' && /^\d+$/.test(wait) && more.length === 0;
}
