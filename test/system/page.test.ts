import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { pageAsset } from '../../src/entry-points.js';
import { waitFor } from '../../src/host/node/wait.js';
import type { Row } from '../../src/report/model.js';
import { comparisonPage } from '../../src/report/page.js';
import { comparison, CONTROL_ROW, QUIESCE_ROW, UNMEASURED_ROW } from '../fakes/comparison.js';
import { LIMIT_MS } from './support.js';

const ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
];
const ROWS: readonly Row[] = [CONTROL_ROW, { ...CONTROL_ROW, stalled: true }, QUIESCE_ROW];
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

let browser: Browser;
let folder: string;
let url: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hitless-page-'));
  const [script, style] = await Promise.all([
    readFile(pageAsset('page.js'), 'utf8'),
    readFile(pageAsset('page.css'), 'utf8'),
  ]);
  const rows = [...ROWS, UNMEASURED_ROW];
  const file = join(folder, 'page.html');
  await writeFile(file, comparisonPage(comparison({ rows }), { script, style }));
  url = `file://${file}`;
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ARGS });
});
after(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

for (const [name, viewport] of Object.entries({ desktop: DESKTOP, phone: PHONE })) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`on a ${name}, ${colorScheme}, the page opens offline, draws all charts, and complains of nothing`, async () => {
      await onPage({ viewport, colorScheme }, async (page) => {
        // Two of percentiles, and one over time for each run that was measured.
        const drawn = await page.locator('canvas').evaluateAll(inkOfAll);
        assert.equal(drawn.length, 2 + ROWS.length);
        for (const ink of drawn) assert.ok(ink > 500, `pixels drawn: ${drawn.join(', ')}`);
        const width = await page.evaluate('document.documentElement.scrollWidth');
        assert.equal(width, viewport.width, 'the page does not scroll sideways');
      });
    });
  }
}

test('the table has a row for every run, with its figures', async () => {
  await onPage({ viewport: DESKTOP }, async (page) => {
    const rows = await page.locator('.scroll tbody tr').allInnerTexts();
    const cells = rows.map((row) => row.split('\t').map((cell) => cell.trim()));
    assert.equal(rows.length, ROWS.length + 1);
    assert.deepEqual(cells[0]?.slice(1, 3), ['5,000', '4']);
    assert.deepEqual(cells[2]?.slice(0, 4), ['quiesce', '5,000', '0', '0 %']);
    assert.equal(cells[3]?.[1], 'not measured: no nft & no luck');
  });
});

test('lines are switched off and values are read with the keyboard alone', async () => {
  await onPage({ viewport: DESKTOP }, async (page) => {
    const name = page.locator('.curve .u-legend [role=button]').first();
    assert.equal(await name.getAttribute('aria-pressed'), 'true');
    await name.press('Enter');
    assert.equal(await name.getAttribute('aria-pressed'), 'false');
    const chart = page.locator('.time .uplot').first();
    await chart.focus();
    await chart.press('ArrowRight');
    await chart.press('ArrowRight');
    const legend = await chart.locator('.u-legend').innerText();
    assert.match(legend.replaceAll(/[\n\t]+/g, ''), /at0\.15 s.*max31 ms.*lost4/);
  });
});

test('charts are drawn anew when the colours of the system change', async () => {
  await onPage({ viewport: DESKTOP, colorScheme: 'light' }, async (page) => {
    const colour = () => page.locator('.curve .u-marker').nth(1).getAttribute('style');
    const light = await colour();
    await page.emulateMedia({ colorScheme: 'dark' });
    // Not page.waitForFunction: it evaluates a string, which the page's own policy forbids.
    const another = async () => ((await colour()) === light ? undefined : true);
    assert.ok(await waitFor(another, { timeoutMs: LIMIT_MS }), 'the colours stay');
    assert.equal(await page.locator('canvas').count(), 2 + ROWS.length);
  });
});

/** Runs in the browser, which knows nothing of this file: pixels that are not transparent. */
function inkOfAll(canvases: readonly unknown[]): readonly number[] {
  interface Canvas {
    readonly width: number;
    readonly height: number;
    getContext(kind: string): {
      getImageData(x: number, y: number, width: number, height: number): { data: number[] };
    };
  }
  return (canvases as readonly Canvas[]).map((canvas) => {
    const { width, height } = canvas;
    const { data } = canvas.getContext('2d').getImageData(0, 0, width, height);
    let ink = 0;
    for (let at = 3; at < data.length; at += 4) if ((data[at] ?? 0) > 0) ink += 1;
    return ink;
  });
}

/** Nothing may be asked of a network, and nothing may be complained of. */
async function onPage(
  options: Parameters<Browser['newPage']>[0],
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage({ ...options, offline: true });
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (request.url() !== url) complaints.push(request.url());
  });
  try {
    await page.goto(url);
    await use(page);
    assert.deepEqual(complaints, []);
  } finally {
    await page.close();
  }
}
