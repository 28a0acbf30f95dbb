import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { onlyNaming } from '../../../src/haproxy/changes/naming.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { referencesOf } from '../../../src/haproxy/config/references.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { anyText } from '../config/any-text.js';

test('no file is missed in the sections that are left out', () => {
  fc.assert(
    fc.property(fc.array(anyText, { minLength: 1, maxLength: 2 }), (texts) => {
      const config = resolve(texts.map((text, at) => parseText(`${at}.cfg`, text)));
      assert.deepEqual(referencesOf(onlyNaming(config)), referencesOf(config));
    }),
    { numRuns: 3000 },
  );
});

for (const line of ['cr"t" /a', "c''rt /a", 'c\\rt /a', "k''ey /a", '"crt" /a', '\\x63rt /a']) {
  test(`a keyword is seen through quotes and escapes: ${line}`, () => {
    const { sections } = resolve([parseText('a.cfg', `frontend f\n    bind :80 ${line}\n`)]);
    assert.equal(onlyNaming(resolve(sections.map(({ document }) => document))).sections.length, 1);
  });
}

test('sections without any such word are left out', () => {
  const text = `global\nbackend b\n    acl a path "/x/" -i\n    server s1 10.0.0.1:80\n`;
  const { sections } = onlyNaming(resolve([parseText('a.cfg', text)]));
  assert.deepEqual(
    sections.map(({ kind }) => kind),
    ['global'],
  );
});
