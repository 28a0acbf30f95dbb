import { decode, documentOf, encode, type Document } from '../haproxy/config/document.js';
import { setStatement } from '../haproxy/config/edit-statement.js';
import { lexLine } from '../haproxy/config/lexer.js';
import type { AppendWords, Fix, SetStatement } from './fix.js';

/** One line that differs, as text for people. */
export interface FixedLine {
  readonly file: string;
  /** In the new file, from 1. */
  readonly line: number;
  /** Null: the line is new. */
  readonly before: string | null;
  readonly after: string;
}

export interface Fixed {
  readonly documents: readonly Document[];
  readonly lines: readonly FixedLine[];
}

/**
 * Every byte that no fix is about stays. Two fixes of one line add up.
 *
 * @throws HitlessError `target-ambiguous` when only HAProxy can tell whether a section counts
 */
export function applyFixes(documents: readonly Document[], fixes: readonly Fix[]): Fixed {
  const words = fixes.filter((fix) => fix.kind === 'append-words');
  // From the last section on: what is put into one does not move those before it.
  const statements = fixes
    .filter((fix) => fix.kind === 'set-statement')
    .sort((a, b) => (b.section.at?.line ?? 0) - (a.section.at?.line ?? 0));
  return statements.reduce(withStatement, withWords(documents, words));
}

function withWords(documents: readonly Document[], fixes: readonly AppendWords[]): Fixed {
  const changed: FixedLine[] = [];
  const edited = documents.map((document) => {
    const { file } = document;
    const lines = document.lines.map((line) => {
      const own = fixes.filter((fix) => fix.file === file && fix.line === line.number);
      if (own.length === 0) return line;
      const text = own.reduce((former, fix) => appended(former, encode(fix.words)), line.text);
      changed.push({ file, line: line.number, before: textOf(line.text), after: textOf(text) });
      return { ...line, text };
    });
    return documentOf(file, lines);
  });
  return { documents: edited, lines: changed };
}

function appended(text: string, words: string): string {
  const last = lexLine(text).words.at(-1);
  const end = last === undefined ? 0 : last.column - 1 + last.raw.length;
  return `${text.slice(0, end)} ${words}${text.slice(end)}`;
}

function textOf(latin1: string): string {
  return decode(latin1.trimEnd());
}

function withStatement({ documents, lines }: Fixed, fix: SetStatement): Fixed {
  const { section, keyword, words } = fix;
  const edit = setStatement(documents, { section, keyword, words });
  if (edit.kind === 'unchanged') return { documents, lines };
  return edit.changes.reduce<Fixed>(
    (former, { kind, file, line, before, after }) => ({
      documents: edit.documents,
      lines: [
        ...former.lines.map((one) =>
          kind === 'inserted' && one.file === file && one.line >= line
            ? { ...one, line: one.line + 1 }
            : one,
        ),
        { file, line, before: kind === 'inserted' ? null : before, after },
      ],
    }),
    { documents: edit.documents, lines },
  );
}
