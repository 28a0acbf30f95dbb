import { fdPass } from './fd-pass.js';
import type { Method, MethodName } from './method.js';
import { migrate } from './migrate.js';
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

/** What `auto` tries, in this order. `plain` is the control and never chosen. */
export const AUTO_ORDER: readonly MethodName[] = [
  'fd-pass',
  'quiesce',
  'migrate',
  'syn-hold',
  'syn-drop',
];

export function isMethodName(text: string): text is MethodName {
  return Object.hasOwn(METHODS, text);
}
