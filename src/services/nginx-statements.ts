/**
 * nginx's configuration syntax, lossless: statements with the place of every word in the text
 * (ngx_conf_file.c, `ngx_conf_read_token`). Pure.
 */
export interface Statement {
  readonly words: readonly Word[];
  /** Names of the blocks around it, outermost first. */
  readonly within: readonly string[];
  /** Number of the innermost block around it, as {@link block} has it; 0 outside all. */
  readonly parent: number;
  /** For a block its number and the place right after its `{`; undefined for a plain directive. */
  readonly block: { readonly id: number; readonly bodyAt: number } | undefined;
  readonly start: number;
  readonly end: number;
}

export interface Word {
  /** Without quotes and escapes. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export function statementsOf(text: string): readonly Statement[] {
  const statements: Statement[] = [];
  const open: { readonly name: string; readonly id: number }[] = [];
  let words: Word[] = [];
  let at = 0;
  let lastId = 0;
  const finish = (end: number, opens: boolean): void => {
    const [first] = words;
    if (first === undefined) return;
    const id = opens ? (lastId += 1) : 0;
    statements.push({
      words,
      within: open.map(({ name }) => name),
      parent: open.at(-1)?.id ?? 0,
      block: opens ? { id, bodyAt: end } : undefined,
      start: first.start,
      end,
    });
    if (opens) open.push({ name: first.text, id });
    words = [];
  };
  while (at < text.length) {
    const char = text[at] ?? '';
    if (/\s/.test(char)) at += 1;
    else if (char === '#') at = endOfLine(text, at);
    else if (char === ';' || char === '{') {
      at += 1;
      const lua = char === '{' && words[0]?.text.endsWith('_by_lua_block') === true;
      finish(at, char === '{');
      if (lua) at = endOfLua(text, at);
    } else if (char === '}') {
      at += 1;
      words = [];
      open.pop();
    } else {
      const word = char === '"' || char === "'" ? quoted(text, at) : bare(text, at);
      words.push(word);
      at = word.end;
    }
  }
  return statements;
}

function endOfLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end;
}

function quoted(text: string, start: number): Word {
  let end = start + 1;
  while (end < text.length && text[end] !== text[start]) end += text[end] === '\\' ? 2 : 1;
  const stop = Math.min(end, text.length);
  return {
    text: unescaped(text.slice(start + 1, stop)),
    start,
    end: Math.min(end + 1, text.length),
  };
}

/** `${name}` is part of a word, although `{` otherwise ends one. */
function bare(text: string, start: number): Word {
  let end = start;
  while (end < text.length && !/[\s;{]/.test(text[end] ?? '')) {
    if (text[end] === '\\') end += 2;
    else end += text.startsWith('${', end) ? 2 : 1;
  }
  const stop = Math.min(end, text.length);
  return { text: unescaped(text.slice(start, stop)), start, end: stop };
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', r: '\r', n: '\n' };

function unescaped(raw: string): string {
  return raw.replace(/\\(["'\\trn])/g, (_, char: string) => ESCAPES[char] ?? char);
}

/** Place of the `}` that ends a block of Lua, whose strings and comments may hold brackets. */
function endOfLua(text: string, start: number): number {
  const token = /--\[\[[\s\S]*?\]\]|--[^\n]*|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|[{}]/g;
  token.lastIndex = start;
  let depth = 1;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if (match[0] === '{') depth += 1;
    if (match[0] === '}') depth -= 1;
    if (depth === 0) return match.index;
  }
  return text.length;
}
