import type { Word } from '../config/lexer.js';

/** The literal number of `KEYWORD NUMBER` where it stands alone: nothing else can be meant. */
export function loneNumber([, value, more]: readonly Word[]): number | undefined {
  if (value === undefined || value.env || more !== undefined) return undefined;
  return /^[1-9]\d{0,8}$/.test(value.value) ? Number(value.value) : undefined;
}
