import { fdPass } from './fd-pass.js';
import type { Method, MethodName } from './method.js';
import { migrate } from './migrate.js';
import type { OwnCommandMethod } from './own-command.js';
import { plain } from './plain.js';
import { quiesce } from './quiesce.js';
import { synDrop } from './syn-drop.js';
import { synHold } from './syn-hold.js';

export const METHODS = {
  'fd-pass': fdPass,
  quiesce,
  migrate,
  'syn-hold': synHold,
  'syn-drop': synDrop,
  plain,
} satisfies Readonly<Record<MethodName, Method>>;

/**
 * What `auto` considers, in this order; those with a command of their own it can only point to.
 * `plain` is the control and never chosen.
 */
export const AUTO_ORDER: readonly (MethodName | OwnCommandMethod)[] = [
  'fd-pass',
  'quiesce',
  'migrate',
  'flip',
  'rolling',
  'handoff',
  'syn-hold',
  'syn-drop',
];

export function isMethodName(text: string): text is MethodName {
  return Object.hasOwn(METHODS, text);
}
