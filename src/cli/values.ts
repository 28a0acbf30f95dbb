import { usage } from '../error.js';

const DURATION = /^(\d+(?:\.\d+)?)(us|ms|s|m|h)$/;
const UNIT_MS = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000 } as const;

/** The longest that a timer of Node can run: about 24 days. */
const MAX_MS = 2 ** 31 - 1;

/** `500ms`, `10s`, `2m` to milliseconds. A bare number is refused: its unit would be a guess. */
export function parseDurationMs(text: string): number {
  const match = DURATION.exec(text);
  if (match === null) {
    throw usage(`"${text}" is not a duration`, 'write a number with its unit: 500ms, 10s, 2m');
  }
  const ms = Number(match[1]) * UNIT_MS[match[2] as keyof typeof UNIT_MS];
  if (ms <= MAX_MS) return ms;
  throw usage(`"${text}" is too long`, 'no wait may be longer than 596h');
}

/** `1000` or `1000/s` to events per second, above zero. */
export function parseRatePerSecond(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(?:\/s)?$/.exec(text);
  const rate = match === null ? Number.NaN : Number(match[1]);
  if (!(rate > 0 && Number.isFinite(rate))) {
    throw usage(`"${text}" is not a rate above zero`, 'write requests per second: 1000 or 1000/s');
  }
  return rate;
}

export function parseCount(text: string, name: string, min = 1): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!Number.isSafeInteger(value) || value < min) {
    throw usage(
      `${name} "${text}" is not a whole number of at least ${min}`,
      'write digits only: 1, 2, 10',
    );
  }
  return value;
}
