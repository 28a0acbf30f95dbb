import { parseAlgorithm, type Algorithm } from './balance.js';
import { encode, type Document } from './document.js';
import { changed, type Change, type LineEdit } from './edit-line.js';
import { insertedStatement, replacedStatement } from './edit-statement.js';
import { balanceIn, balanceOf, type InForce } from './proxy.js';
import { resolve, type Proxy } from './resolve.js';
import { wordsOf } from './sections.js';
import { backendNamed, refuseUncertain } from './target.js';

export type { Change } from './edit-line.js';

export interface BalanceRequest {
  /** Name of a backend or listen section. */
  readonly proxy: string;
  /** See parseAlgorithm. */
  readonly algorithm: string | readonly string[];
  /** What the installed HAProxy takes when no line says; DEFAULT_BALANCE when absent. */
  readonly defaultAlgorithm?: readonly string[];
}

export type BalanceEdit =
  | {
      readonly kind: 'unchanged';
      readonly documents: readonly Document[];
      readonly inForce: InForce<readonly string[]>;
    }
  | {
      readonly kind: 'changed';
      readonly documents: readonly Document[];
      /** Before the change. */
      readonly inForce: InForce<readonly string[]>;
      readonly change: Change;
    };

/**
 * Sets the algorithm of one backend or listen section and keeps every other byte. A value that is
 * inherited gets a line in the section itself: defaults are shared, and are never changed.
 *
 * @throws HitlessError `usage`, `config-unknown-name`, `target-ambiguous` (two sections of that
 * name, or a conditional block that only HAProxy can decide)
 */
export function setBalance(documents: readonly Document[], request: BalanceRequest): BalanceEdit {
  const algorithm = parseAlgorithm(request.algorithm);
  const config = resolve(documents);
  const proxy = backendNamed(config, encode(request.proxy));
  refuseUncertain(config, proxy.section, isBalance);
  const inForce = balanceOf(proxy, request.defaultAlgorithm);
  if (!inForce.conditional && isSame(inForce.value, algorithm, proxy)) {
    return { kind: 'unchanged', documents, inForce };
  }
  const own = proxy.section.statements.findLast(isBalance);
  const edit: LineEdit = own
    ? replacedStatement(own, 1, algorithm.text)
    : insertedStatement(config, proxy.section, `balance ${algorithm.text}`);
  const result = changed(documents, [edit]);
  const [change] = result.changes;
  if (change === undefined) throw new TypeError('an edit without a change');
  return { kind: 'changed', documents: result.documents, inForce, change };
}

function isBalance({ keyword }: { readonly keyword: string }): boolean {
  return keyword === 'balance';
}

function isSame(current: readonly string[], wanted: Algorithm, proxy: Proxy): boolean {
  const found = balanceIn(proxy);
  if (wanted.env || (found && wordsOf(found.statement).some(({ env }) => env))) return false;
  return current.length === wanted.values.length && current.every((w, i) => w === wanted.values[i]);
}
