import assert from 'node:assert/strict';
import { test } from 'node:test';
import { comparisonMarkdown } from '../../src/report/markdown.js';
import type { Row } from '../../src/report/model.js';
import { pageData } from '../../src/report/page-data.js';
import { comparisonPage } from '../../src/report/page.js';
import { comparison, CONTROL_ROW, QUIESCE_ROW, UNMEASURED_ROW } from '../fakes/comparison.js';

const ASSETS = { script: 'draw("</script>")', style: 'p{}' };
const ROWS: readonly Row[] = [CONTROL_ROW, QUIESCE_ROW, UNMEASURED_ROW];

test('the page has a row for every run, and says what was not measured and why', () => {
  const page = comparisonPage(comparison({ rows: ROWS }), ASSETS);
  const body = /<tbody>(.*?)<\/tbody>/s.exec(page)?.[1] ?? '';
  assert.equal(body.match(/<tr /g)?.length, ROWS.length);
  assert.match(body, /not measured: no nft &#38; no luck/);
});

test('the page names nothing that a browser would fetch', () => {
  const page = comparisonPage(comparison({ rows: ROWS }), ASSETS);
  for (const [, url] of page.matchAll(/(?:src|href)="([^"]*)"/g))
    assert.match(url ?? '', /^(#|data:,)/);
  assert.doesNotMatch(page, /@import|url\(/);
  assert.match(page, /default-src &#39;none&#39;/);
});

test('names from outside cannot end an element or a script', () => {
  const way = '</script><img src=x>';
  const page = comparisonPage(comparison({ rows: [{ ...QUIESCE_ROW, way }] }), ASSETS);
  assert.doesNotMatch(page, /<img/);
  assert.equal(page.match(/<\/script>/g)?.length, 2);
  const json = /id="data">(.*?)<\/script>/s.exec(page)?.[1] ?? '';
  const expected = JSON.parse(
    JSON.stringify(pageData(comparison({ rows: [{ ...QUIESCE_ROW, way }] }))),
  );
  assert.deepEqual(JSON.parse(json), expected);
});

test('every chart has a place of its own, and the table leads to it', () => {
  const page = comparisonPage(comparison({ rows: ROWS }), ASSETS);
  for (const { id } of pageData(comparison({ rows: ROWS })).groups.flatMap(({ rows }) => rows)) {
    assert.ok(page.includes(`<figure id="${id}"`), id);
    assert.ok(page.includes(`href="#${id}"`), id);
  }
});

test('the page says what the controls lost, or that there was none', () => {
  assert.match(comparisonPage(comparison(), ASSETS), /The control \(haproxy -sf\) lost 4 of 5,000/);
  const without = comparisonPage(comparison({ rows: [QUIESCE_ROW] }), ASSETS);
  assert.match(without, /No way that is known to lose was measured/);
});

test('a run in which nothing was lost has no bar, and one that lost has its causes in words', () => {
  const page = comparisonPage(comparison(), ASSETS);
  assert.match(page, /class="cause reset" style="width:100\.000%"/);
  assert.match(page, /4 reset \(0\.08 %\)/);
});

test('the Markdown has a row for every run, its facts, and no broken cell', () => {
  const way = 'a|b';
  const text = comparisonMarkdown(
    comparison({ rows: [CONTROL_ROW, { ...QUIESCE_ROW, way }, UNMEASURED_ROW] }),
  );
  const rows = text.split('\n').filter((line) => line.startsWith('| '));
  assert.equal(rows.length, 2 + 3);
  for (const row of rows)
    assert.equal(row.replaceAll('\\|', '').split('|').length, rows[0]?.split('|').length);
  assert.match(text, /^\| haproxy -sf \| 5,000 \| \*\*4\*\* \| 4 reset \|/m);
  assert.match(text, /`hitless compare --rate 1000`/);
});
