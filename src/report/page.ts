import { loadText, percent, thousands } from './figures.js';
import { escapeHtml, jsonForScript } from './html.js';
import { byConnections, type Comparison, isMeasured, type Row } from './model.js';
import { lossBars } from './page-bars.js';
import { groupCharts } from './page-charts.js';
import { pageData } from './page-data.js';
import { factList, HOW_TO_READ } from './page-notes.js';
import { groupTable } from './page-table.js';

/** What the build puts together from src/report/browser/. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** It may fetch nothing, whatever stands in it. */
const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/**
 * One page that needs nothing but itself: it opens offline, from a ticket or a mail. Tables and
 * bars are there without its script; the charts are drawn by it.
 */
export function comparisonPage(comparison: Comparison, assets: PageAssets): string {
  const title = `${comparison.verdict}: hitless compare, ${comparison.facts.startedAt.slice(0, 10)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${escapeHtml(POLICY)}">
<link rel="icon" href="data:,">
<title>${escapeHtml(title)}</title>
<style>${assets.style}</style>
</head>
<body>
<a class="skip" href="#results">Skip to the results</a>
${headerOf(comparison)}
<main id="results">
${lossBars(comparison.rows)}
${byConnections(comparison.rows)
  .map(([kind, rows]) => groupSection(kind, rows))
  .join('\n')}
${HOW_TO_READ}
${factList(comparison)}
</main>
<script type="application/json" id="data">${jsonForScript(pageData(comparison))}</script>
<script>${assets.script.replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`;
}

function headerOf(comparison: Comparison): string {
  const { verdict, sent, lost, reloads, why, lossRateUpperBound95, load } = comparison;
  const bound = `at most ${percent(lossRateUpperBound95)} at 95 % confidence`;
  const reasons = why.map((reason) => `<li>${escapeHtml(reason)}</li>`).join('');
  return `<header>
<p class="eyebrow">hitless compare <span class="badge ${verdict}">${verdict}</span></p>
<h1>hitless lost <em class="${lost === 0 ? 'none' : 'some'}">${thousands(lost)}</em> of ${thousands(sent)} requests</h1>
<p class="lead">Over ${thousands(reloads)} reloads under load: ${bound}. ${escapeHtml(controlText(comparison.rows))}</p>
<p class="load">${escapeHtml(loadText(load))}, for each run</p>
${reasons === '' ? '' : `<ul class="why" aria-label="Why it is no proof">${reasons}</ul>`}
</header>`;
}

function controlText(rows: readonly Row[]): string {
  const controls = rows.filter(isMeasured).filter(({ control }) => control);
  if (controls.length === 0) return 'No way that is known to lose was measured beside it.';
  const sent = controls.reduce((total, row) => total + row.sent, 0);
  const lost = controls.reduce((total, row) => total + row.lost.total, 0);
  const names = [...new Set(controls.map(({ way }) => way))].join(', ');
  return `The control (${names}) lost ${thousands(lost)} of ${thousands(sent)} on the same load.`;
}

function groupSection(kind: string, rows: readonly Row[]): string {
  return `<section aria-labelledby="${kind}">
<h2 id="${kind}">${kind} connections</h2>
${groupTable(kind, rows)}
${groupCharts(kind, rows)}
</section>`;
}
