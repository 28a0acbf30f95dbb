/** Colours of the page's style sheet, which knows whether it is light or dark. */
export interface Theme {
  readonly text: string;
  readonly grid: string;
  readonly band: string;
  readonly lost: string;
  readonly median: string;
  readonly high: string;
  readonly most: string;
  readonly lines: readonly string[];
}

const LINES = 10;

export function readTheme(): Theme {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: of('soft'),
    grid: of('grid'),
    band: of('band'),
    lost: of('lost'),
    median: of('median'),
    high: of('high'),
    most: of('most'),
    lines: Array.from({ length: LINES }, (_, at) => of(`line${at}`)),
  };
}

export const FONT = '12px system-ui, sans-serif';

/** `0.5 ms`, `20 ms`, `1 s`. */
export function timeText(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '–';
  if (ms >= 1000) return `${Number((ms / 1000).toPrecision(3))} s`;
  return `${Number(ms.toPrecision(ms < 100 ? 2 : 3))} ms`;
}
