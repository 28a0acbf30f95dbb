import type { LossCause } from '../probe/outcome.js';
import { causesOf, percent, thousands } from './figures.js';
import { escapeHtml } from './html.js';
import { byConnections, isMeasured, type MeasuredRow, type Row, rowLabel } from './model.js';

/** What was lost by cause: bars to one scale, and the same in words. */
export function lossBars(rows: readonly Row[]): string {
  const measured = rows.filter(isMeasured);
  const most = Math.max(0, ...measured.map(({ lost }) => lost.total));
  const groups = byConnections(measured).map(([kind, group]) => {
    const items = group.filter(isMeasured).map((row) => barItem(row, most));
    return `<div><h3>${kind} connections</h3><ul class="bars">${items.join('')}</ul></div>`;
  });
  return `<section aria-labelledby="losses">
<h2 id="losses">Lost requests, by cause</h2>
<p class="hint">All bars are to one scale. Names underlined with dashes: the old process stood still for 0.3 s. *: hitless refuses this unless it is forced to.</p>
${legend(measured)}
<div class="columns">${groups.join('')}</div>
</section>`;
}

function barItem(row: MeasuredRow, most: number): string {
  const { lost, sent } = row;
  const causes = causesOf(lost);
  const words = causes.map(([cause, count]) => `${thousands(count)} ${cause}`).join(', ');
  const share = sent === 0 ? '' : ` (${percent(lost.total / sent)})`;
  const said = lost.total === 0 ? 'none' : `${words}${share}`;
  const classes = [
    row.control ? 'control' : 'ours',
    ...(row.stalled ? ['stalled'] : []),
    ...(lost.total === 0 ? ['quiet'] : []),
  ].join(' ');
  const parts = causes.map(([cause, count]) => segment(cause, count, most)).join('');
  return (
    `<li class="${classes}"><span class="name">${escapeHtml(rowLabel(row))}${row.refused === null ? '' : ' *'}</span>` +
    `<span class="track" aria-hidden="true">${parts}</span>` +
    `<span class="${lost.total === 0 ? 'count none' : 'count some'}">${escapeHtml(said)}</span></li>`
  );
}

function segment(cause: LossCause, count: number, most: number): string {
  const width = ((100 * count) / most).toFixed(3);
  return `<i class="cause ${cause}" style="width:${width}%" title="${thousands(count)} ${cause}"></i>`;
}

function legend(rows: readonly MeasuredRow[]): string {
  const seen = new Set(rows.flatMap(({ lost }) => causesOf(lost).map(([cause]) => cause)));
  if (seen.size === 0) return '<p>Nothing was lost in any run.</p>';
  const items = [...seen].map(
    (cause) => `<li><i class="cause ${cause}"></i><b>${cause}</b> ${MEANING[cause]}</li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

const MEANING: Readonly<Record<LossCause, string>> = {
  refused: 'nobody listened',
  reset: 'the connection was reset before an answer',
  'closed-unanswered': 'a new connection was closed without an answer',
  'closed-reused': 'a kept connection was closed under a request',
  truncated: 'the answer broke off',
  corrupt: 'the answer was not the right one',
  'wrong-status': 'the status was not the right one',
  'proxy-5xx': 'the proxy answered with an error of its own',
  timeout: 'no answer in time',
  'connect-timeout': 'no connection in time',
  protocol: 'the answer was not HTTP',
  'tunnel-broken': 'a long connection broke',
};
