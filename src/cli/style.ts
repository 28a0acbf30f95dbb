const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, bold: 1, dim: 2 } as const;

export type Style = keyof typeof CODES;

export function paint(style: Style, text: string, wanted: boolean): string {
  return wanted ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
}

/** Breaks a text at the width. `first` stands before the first line, as many blanks before the rest. */
export function wrap(text: string, width: number, first = ''): string {
  const indent = ' '.repeat(first.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (longer.length > width - first.length && line !== '') {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  return [...lines, line].map((part, at) => (at === 0 ? first : indent) + part).join('\n');
}

export function milliseconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
