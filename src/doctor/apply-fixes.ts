import { encode, endingOf, parseText, printText, type Document, type Line } from '../haproxy/config/document.js';
import { lexLine } from '../haproxy/config/lexer.js';
import type { Fix } from './fix.js';

export interface AppliedFix {
  readonly file: string;
  /** In the file as it was. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
}

/** Every byte that no fix is about stays. Two fixes of one line add up. */
export function applyFixes(
  documents: readonly Document[],
  fixes: readonly Fix[],
): { readonly documents: readonly Document[]; readonly applied: readonly AppliedFix[] } {
  const applied: AppliedFix[] = [];
  const edited = documents.map((document) => {
    const own = fixes.filter(({ file }) => file === document.file);
    if (own.length === 0) return document;
    const lines = document.lines.map((line) => {
      const text = editedLine(document, line, own);
      if (text !== line.text) applied.push(describe(document.file, line, text));
      return { ...line, text };
    });
    return parseText(document.file, printText({ ...document, lines }));
  });
  return { documents: edited, applied };
}

/** The line with its words, and the lines that follow it now. */
function editedLine(document: Document, line: Line, fixes: readonly Fix[]): string {
  let text = line.text;
  for (const fix of fixes) {
    if (fix.kind === 'append-words' && fix.line === line.number) text = appended(text, encode(fix.words));
  }
  const added = fixes.flatMap((fix) =>
    fix.kind === 'add-statement' && fix.sectionLine === line.number ? [encode(fix.words)] : [],
  );
  if (added.length === 0) return text;
  const ending = endingOf(line);
  const eol = ending || (document.lines[0] && endingOf(document.lines[0])) || '\n';
  const indent = indentAfter(document, line);
  const body = added.map((words) => indent + words).join(eol);
  return ending ? text + body + ending : text + eol + body;
}

function appended(text: string, words: string): string {
  const last = lexLine(text).words.at(-1);
  const end = last === undefined ? 0 : last.column - 1 + last.raw.length;
  return `${text.slice(0, end)} ${words}${text.slice(end)}`;
}

const DEFAULT_INDENT = '    ';

/** As the next line that holds words has it. */
function indentAfter({ lines }: Document, line: Line): string {
  const next = lines.slice(line.number).find(({ text }) => /^[ \t]*[^#\s]/.test(text));
  const indent = /^[ \t]+/.exec(next?.text ?? '')?.[0];
  return indent ?? DEFAULT_INDENT;
}

function describe(file: string, line: Line, text: string): AppliedFix {
  return { file, line: line.number, before: line.text.trimEnd(), after: text.trimEnd() };
}
