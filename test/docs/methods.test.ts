import assert from 'node:assert/strict';
import { test } from 'node:test';
import { methodsDocument } from '../../bench/methods/document.js';
import { parseSection, readSections, uncovered } from '../../bench/methods/sections.js';
import { METHODS } from '../../src/methods/registry.js';
import { WAYS } from '../../src/trial/ways/registry.js';
import { comparison } from '../fakes/comparison.js';

test('every method and every way that is measured has a section in docs/methods/', () => {
  assert.deepEqual(uncovered(readSections(), Object.keys(METHODS), Object.keys(WAYS)), []);
});

test('a method without a section and a way that no section names are found', () => {
  const sections = [parseSection('plain', '<!-- ways: haproxy -sf -->\n# plain\n')];
  const missing = uncovered(sections, ['plain', 'flip'], ['haproxy -sf', 'restart']);
  assert.deepEqual(missing, ['method flip', 'way restart']);
});

test('every section says what the method needs, its traps, and when to choose it', () => {
  for (const { name, text } of readSections()) {
    assert.match(text, new RegExp(`^# ${name}\n`), name);
    for (const word of ['Needs', 'Traps', 'Choose it']) assert.match(text, new RegExp(word), name);
  }
});

test('each section has its own measured rows under it, in the order of the methods', () => {
  const text = methodsDocument(readSections(), comparison(), Object.keys(METHODS));
  const [head = '', ...rest] = text.split(/^## /m);
  assert.match(head, /hitless lost 0 of 5,000 requests/);
  const names = rest.map((part) => part.split('\n')[0]);
  const methods = Object.keys(METHODS);
  assert.deepEqual(names.slice(0, methods.length), methods);
  const plain = rest.find((part) => part.startsWith('plain\n'));
  assert.match(
    plain ?? '',
    /new connections:\n\n\| way .*\n.*\n\| haproxy -sf \| 5,000 \| \*\*4\*\* \| 4 reset \|/,
  );
  assert.match(rest[0] ?? '', /Not measured in this run/);
});
