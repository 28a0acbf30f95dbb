import type { StatementRequest } from '../haproxy/config/edit-statement.js';
import type { Section } from '../haproxy/config/sections.js';

/** A change of the configuration that takes a finding away and changes nothing else. */
export type Fix = SetStatement | AppendWords;

export interface SetStatement extends Pick<StatementRequest, 'section' | 'keyword'> {
  readonly kind: 'set-statement';
  readonly words: readonly string[];
}

/** Words behind the last one of a line, before its comment. */
export interface AppendWords {
  readonly kind: 'append-words';
  readonly file: string;
  readonly line: number;
  readonly words: string;
}

/** A statement of this very section, whatever others of its name there are. */
export function statementIn(
  { kind, name, file, header }: Section,
  keyword: string,
  words: readonly string[],
): SetStatement {
  const at = { file, line: header.number };
  return { kind: 'set-statement', section: { kind, name, at }, keyword, words };
}
