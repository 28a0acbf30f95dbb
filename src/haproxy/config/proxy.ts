import type { Word } from './lexer.js';
import { find, type Found, type Place, type Proxy } from './resolve.js';
import { wordsOf, type Statement } from './sections.js';
import { parseTimeMs } from './time.js';

/** A value in force. `place` is undefined when nothing in the files sets it: HAProxy's default. */
export interface InForce<T> {
  readonly value: T;
  readonly place: Place | undefined;
  readonly inherited: boolean;
  /** It lies in a conditional block: only HAProxy knows whether it counts. */
  readonly conditional: boolean;
}

/** What HAProxy before 3.3 takes without a `balance` line. */
export const DEFAULT_BALANCE: readonly string[] = ['roundrobin'];
export const DEFAULT_MODE = 'tcp';

export type TimeoutName = 'client' | 'http-keep-alive' | 'http-request' | 'client-fin';

export function modeOf(proxy: Proxy): InForce<string> {
  const found = find(proxy, ({ keyword }) => keyword === 'mode');
  return inForce(proxy, found, argument(found, 1)?.value ?? DEFAULT_MODE);
}

/** The algorithm's words (latin1, unquoted); `initial` where no line, or a bare `balance`, says. */
export function balanceOf(
  proxy: Proxy,
  initial: readonly string[] = DEFAULT_BALANCE,
): InForce<readonly string[]> {
  const found = balanceIn(proxy);
  const words = found
    ? wordsOf(found.statement)
        .slice(1)
        .map(({ value }) => value)
    : [];
  return inForce(proxy, found, words.length === 0 ? initial : words);
}

/** The `balance` line in force, undefined when there is none. */
export function balanceIn(proxy: Proxy): Found | undefined {
  return find(proxy, ({ keyword }) => keyword === 'balance');
}

/** Whether `option NAME` is on. `no option` and `default option` switch it off: it is off at first. */
export function optionOf(proxy: Proxy, name: string): InForce<boolean> {
  const found = find(proxy, named('option', name));
  return inForce(proxy, found, found?.statement.modifier === '');
}

/** In ms; the value is undefined when unset (HAProxy's fallback applies) or not a literal time. */
export function timeoutOf(proxy: Proxy, name: TimeoutName): InForce<number | undefined> {
  const found = find(proxy, named('timeout', name));
  const word = argument(found, 2);
  return inForce(
    proxy,
    found,
    word === undefined || word.env ? undefined : parseTimeMs(word.value),
  );
}

/** Inherited too: `enabled` brings a proxy back whose defaults say `disabled`. */
export function isDisabled(proxy: Proxy): InForce<boolean> {
  const found = find(proxy, ({ keyword }) => keyword === 'disabled' || keyword === 'enabled');
  return inForce(proxy, found, found?.statement.keyword === 'disabled');
}

function named(keyword: string, name: string): (statement: Statement) => boolean {
  return (statement) => statement.keyword === keyword && wordsOf(statement)[1]?.value === name;
}

function argument(found: Found | undefined, index: number): Word | undefined {
  return found && wordsOf(found.statement)[index];
}

function inForce<T>(proxy: Proxy, found: Found | undefined, value: T): InForce<T> {
  // When a defaults section is not taken, an earlier one takes its place.
  const open = proxy.defaults.some(({ condition }) => condition !== 0);
  if (found === undefined) return { value, place: undefined, inherited: false, conditional: open };
  const { file, line, inherited } = found;
  const conditional = found.conditional || (inherited && open);
  return { value, place: { file, line }, inherited, conditional };
}
