import type { Trial } from '../src/trial/trial.js';

/** Losses with their causes, the bound that this many requests allow, and what the prober says. */
export function summary({ report, reloads }: Trial): string {
  const bound = (report.lossRateUpperBound95 * 100).toPrecision(2);
  const causes = Object.entries(report.lost)
    .filter(([cause, count]) => cause !== 'total' && count > 0)
    .map(([cause, count]) => `${count} ${cause}`);
  const which = causes.length === 0 ? '' : ` (${causes.join(', ')})`;
  return `${report.lost.total} of ${report.sent} lost${which} (at most ${bound} %) in ${reloads.length} reloads, ${report.verdict}`;
}
