import { LOSS_CAUSES, type LossCause } from '../probe/outcome.js';
import type { LossCounts } from '../probe/loss.js';
import type { LoadFacts, MeasuredRow } from './model.js';

/** How figures are written, in every format alike. */

export function thousands(value: number): string {
  return value.toLocaleString('en-US');
}

/** Microseconds as milliseconds, to about two digits. */
export function msOf(us: number): string {
  return (us / 1000).toFixed(us < 10_000 ? 1 : 0);
}

/** Two significant digits, never an exponent. */
export function percent(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

export function seconds(ms: number): string {
  return (ms / 1000).toFixed(ms < 100_000 ? 1 : 0);
}

export function wholeMs(ms: number | null): string {
  return ms === null ? '-' : thousands(Math.round(ms));
}

/** `98 of 100`: lasting connections that lived through reloads. */
export function carriedText({ carried }: MeasuredRow): string {
  return carried === null ? '-' : percent(carried.kept / carried.open);
}

/** Causes that occurred, in the order of the report's format. */
export function causesOf(lost: LossCounts): readonly (readonly [LossCause, number])[] {
  return LOSS_CAUSES.filter((cause) => lost[cause] > 0).map((cause) => [cause, lost[cause]]);
}

/** They rise with every request of a quiet run, too: HAProxy ends connections by RST on purpose. */
const ORDINARY: ReadonlySet<string> = new Set(['OutRsts', 'EstabResets']);

/** Kernel counters that changed and tell something; the JSON document has them all. */
export function kernelChanges({ kernel }: MeasuredRow): readonly string[] {
  return Object.entries(kernel)
    .filter(([name, difference]) => difference !== 0 && !ORDINARY.has(name))
    .map(([name, difference]) => `${name} +${thousands(difference)}`);
}

export function loadText(load: LoadFacts): string {
  const { ratePerSecond, forMs, everyMs, ipv6 } = load;
  const every = `a reload every ${everyMs / 1000} s`;
  return `${thousands(ratePerSecond)}/s for ${forMs / 1000} s${ipv6 ? ' over IPv6' : ''}, ${every}`;
}
