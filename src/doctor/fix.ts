/** A change of the configuration that takes a finding away and changes nothing else. */
export type Fix = AddStatement | AppendWords;

/** One more line in a section that has none of that keyword. */
export interface AddStatement {
  readonly kind: 'add-statement';
  readonly file: string;
  /** Of the section's header. */
  readonly sectionLine: number;
  readonly words: string;
}

/** Words behind the last one of a line, before its comment. */
export interface AppendWords {
  readonly kind: 'append-words';
  readonly file: string;
  readonly line: number;
  readonly words: string;
}
