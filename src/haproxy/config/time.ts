const UNIT_MS = { us: 0.001, ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** HAProxy refuses longer timers: "maximum value is 2147483647 ms or ~24.8 days". */
const MAX_MS = 2_147_483_647;

/**
 * A time as HAProxy writes it (manual, 2.5), in ms, which is also the unit of a bare number.
 * Parts of a ms count as a whole one. What follows the unit is ignored, as in 2.6, with a warning.
 *
 * @returns undefined when it is not a time that HAProxy accepts
 */
export function parseTimeMs(text: string): number | undefined {
  const match = /^(\d+)(?:$|(us|ms|s|m|h|d))/.exec(text);
  if (match === null) return undefined;
  const unit = (match[2] ?? 'ms') as keyof typeof UNIT_MS;
  const ms = Math.ceil(unit === 'us' ? Number(match[1]) / 1000 : Number(match[1]) * UNIT_MS[unit]);
  return ms > MAX_MS ? undefined : ms;
}
