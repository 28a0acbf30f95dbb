import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyFixes } from '../../src/doctor/apply-fixes.js';
import { diagnoseReloads } from '../../src/doctor/diagnose.js';
import { parseText, printText } from '../../src/haproxy/config/document.js';
import { resolve } from '../../src/haproxy/config/resolve.js';
import { facts, FILE } from './facts.js';

const TEXT = `# kept\r
global\r
\tstats socket /run/s mode 600   # who\r
\tmaxconn 10\r
defaults\r
\tmode http\r
\ttimeout client 1m\r
frontend a\r
\tbind fd00::1:80 # six\r
frontend b\r
\tbind :81\r
frontend a\r
\tbind :82`;

function mended(text: string, only: readonly string[] = []): ReturnType<typeof applyFixes> {
  const found = diagnoseReloads(facts({ text, mode: 'master-worker' }), only);
  const fixes = found.flatMap(({ fix }) => (fix === null ? [] : [fix]));
  return applyFixes([parseText(FILE, text)], fixes);
}

test('fixes change their own lines and no other byte, several in one file and in one line', () => {
  const { documents } = mended(TEXT);
  const [document] = documents;
  assert.ok(document !== undefined);
  assert.equal(
    printText(document),
    `# kept\r
global\r
\tmworker-max-reloads 20\r
\thard-stop-after 1m\r
\tstats socket /run/s mode 600 level admin   # who\r
\tmaxconn 10\r
defaults\r
\tmode http\r
\ttimeout client 1m\r
frontend a\r
\toption idle-close-on-response\r
\tbind fd00::1:80 v6only # six\r
frontend b\r
\toption idle-close-on-response\r
\tbind :81\r
frontend a\r
\toption idle-close-on-response\r
\tbind :82`,
  );
});

test('every line that is told differs, and stands in the new file where it says', () => {
  const { documents, lines } = mended(TEXT);
  const texts = documents[0]?.lines.map(({ text }) => text.trimEnd()) ?? [];
  assert.equal(lines.length, 7);
  for (const { line, after } of lines) assert.equal(texts[line - 1], after);
});

test('what was mended is not found again', () => {
  const { documents } = mended(TEXT);
  const again = diagnoseReloads(
    { ...facts({ mode: 'master-worker' }), config: resolve(documents) },
    [],
  );
  assert.deepEqual(
    again.filter(({ fix }) => fix !== null),
    [],
  );
});

test('one check alone mends nothing of the others', () => {
  const { lines } = mended(TEXT, ['bind-ipv6']);
  assert.deepEqual(
    lines.map(({ before, after }) => [before, after]),
    [['\tbind fd00::1:80 # six', '\tbind fd00::1:80 v6only # six']],
  );
});

test('a socket that others may use does not become an admin socket', () => {
  const open = TEXT.replace('mode 600', 'mode 666');
  assert.deepEqual(mended(open, ['admin-socket']).lines, []);
});

test('a frontend that says "no option" is left as its owner wants it', () => {
  const said = TEXT.replace('\tbind :81', '\tno option idle-close-on-response\r\n\tbind :81');
  const { lines } = mended(said, ['idle-close']);
  assert.equal(lines.length, 2);
});
