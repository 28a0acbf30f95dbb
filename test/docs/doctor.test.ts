import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Check } from '../../src/doctor/check.js';
import { TOPICS } from '../../src/doctor/registry.js';

const PAGE = fileURLToPath(new URL('../../../docs/doctor.md', import.meta.url));
const BEGIN =
  '<!-- checks: written by test/docs/doctor.test.ts; HITLESS_WRITE_DOCS=1 writes it anew -->';

test('docs/doctor.md lists every check with its reason, its source and what to do', () => {
  const page = readFileSync(PAGE, 'utf8');
  const [head = ''] = page.split(BEGIN);
  const wanted = `${head}${BEGIN}\n\n${TOPICS.map(topicText).join('\n')}`;
  if (process.env['HITLESS_WRITE_DOCS'] === '1') writeFileSync(PAGE, wanted);
  assert.equal(readFileSync(PAGE, 'utf8'), wanted);
});

function topicText({ title, checks }: (typeof TOPICS)[number]): string {
  return `## ${title}\n\n${checks.map(checkText).join('\n')}`;
}

function checkText({ id, severity, because, source, remedy }: Check): string {
  return [
    `### ${id}`,
    '',
    `*${severity}* · ${sentence(because)}`,
    '',
    `- **Source:** ${source}`,
    `- **What to do:** ${remedy}`,
    '',
  ].join('\n');
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
