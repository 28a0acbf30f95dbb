/** One line of the benchmark's table: a ratio or a count within one run, and the limit it has. */
export interface Finding {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
  readonly met: boolean;
}

export function ratioFinding(what: string, ratio: number, limit: number, detail: string): Finding {
  return {
    what,
    measured: `${ratio.toFixed(2)} (${detail})`,
    limit: `at most ${limit}`,
    met: ratio <= limit,
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export function toMarkdown(findings: readonly Finding[]): string {
  const rows = findings.map(
    ({ what, measured, limit, met }) =>
      `| ${what} | ${measured} | ${limit} | ${met ? 'yes' : '**no**'} |`,
  );
  return ['| what | measured | limit | met |', '|---|---|---|---|', ...rows].join('\n');
}
