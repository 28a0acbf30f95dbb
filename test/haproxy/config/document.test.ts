import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  decode,
  documentOf,
  encode,
  endingOf,
  parse,
  parseText,
  print,
  printText,
} from '../../../src/haproxy/config/document.js';
import { balanceOf, modeOf } from '../../../src/haproxy/config/proxy.js';
import { firstWord, lexLine } from '../../../src/haproxy/config/lexer.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { SECTION_KEYWORDS } from '../../../src/haproxy/config/sections.js';
import { tokensOf } from '../../../src/haproxy/config/tokens.js';
import { anyText } from './any-text.js';

test('any bytes are printed as they were read', () => {
  const text = fc.array(fc.constantFrom(0, 9, 10, 13, 34, 35, 39, 92, 97, 255), { maxLength: 200 });
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 500 }),
    text.map((codes) => Uint8Array.from(codes)),
  );
  fc.assert(
    fc.property(bytes, (input) => {
      const document = parse('f', input);
      assert.deepEqual(Buffer.compare(print(document), input), 0);
      const tokens = document.lines.flatMap((line) => tokensOf(line).map(({ text: t }) => t));
      assert.equal(Buffer.compare(Buffer.from(tokens.join(''), 'latin1'), input), 0);
      document.lines.forEach((line, index) => assert.equal(line.number, index + 1));
      resolve([document]);
    }),
    { numRuns: 2000 },
  );
});

test('a line keeps its own ending', () => {
  const { lines } = parse('f', Buffer.from('a\r\nb\n\r\nc'));
  assert.deepEqual(lines.map(endingOf), ['\r\n', '\n', '\r\n', '']);
});

test('lines made one by one, in any order, are those of the whole', () => {
  fc.assert(
    fc.property(anyText, fc.array(fc.nat(), { maxLength: 9 }), (text, wanted) => {
      const cut = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
      const document = parseText('f', text);
      assert.equal(document.lineCount, cut.length);
      const made = cut.length === 0 ? [] : wanted.map((at) => document.lineAt(at % cut.length));
      const { lines } = document;
      assert.deepEqual(
        lines.map((line) => line.text),
        cut,
      );
      for (const line of made) assert.equal(lines[line.number - 1], line);
      for (const line of lines) assert.ok(document.holds(line) && !document.holds({ ...line }));
      for (const line of lines) assert.equal(document.lineAt(line.number - 1), line);
      assert.throws(() => document.lineAt(cut.length), RangeError);
      let offset = 0;
      cut.forEach((one, at) => {
        for (let n = 0; n < one.length; n += 1) assert.equal(document.indexAt(offset + n), at);
        offset += one.length;
        assert.equal(document.textOf(at, cut.length), cut.slice(at).join(''));
      });
    }),
    { numRuns: 1000 },
  );
});

test('a document of given lines keeps them and prints them', () => {
  const { lines } = parseText('f', 'a\nb\nc');
  const [first, , last] = lines;
  assert.ok(first !== undefined && last !== undefined);
  const document = documentOf('f', [first, { number: 2, text: 'other\n' }, last]);
  assert.equal(printText(document), 'a\nother\nc');
  assert.ok(document.holds(first) && document.lineAt(2) === last);
  assert.equal(document.textOf(1, 3), 'other\nc');
});

test('no line that begins a section is passed over', () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const document = parseText('f', text);
      const wanted = document.lines.filter((line) =>
        SECTION_KEYWORDS.has(firstWord(line.text) ?? ''),
      );
      assert.deepEqual(
        resolve([document]).sections.map(({ header }) => header),
        wanted,
      );
    }),
    { numRuns: 3000 },
  );
});

test('a section is called what the words of its header say', () => {
  const header = fc
    .tuple(
      fc.constantFrom('backend', '\tdefaults', ' "listen"'),
      fc.array(
        fc.constantFrom(' ', '\t', 'from', 'a', 'b.c', '"', "'", '\\', '#', '$X', '\0', '\xa0'),
        {
          maxLength: 8,
        },
      ),
      fc.constantFrom('\n', '\r\n', '\r', ''),
    )
    .map(([keyword, rest, ending]) => `${keyword} ${rest.join('')}${ending}`);
  fc.assert(
    fc.property(header, (text) => {
      const [keyword, ...words] = lexLine(text).words;
      const [section] = resolve([parseText('f', text)]).sections;
      if (section === undefined) return;
      const unnamed = keyword?.value === 'defaults' && words[0]?.value === 'from';
      const [name, from, parent] = unnamed ? [undefined, ...words] : words;
      assert.equal(section.kind, keyword?.value);
      assert.equal(section.name, name?.value ?? '');
      assert.equal(section.env, name?.env ?? false);
      assert.equal(section.from, from?.value === 'from' ? parent?.value : undefined);
    }),
    { numRuns: 3000 },
  );
});

test('text for people is UTF-8, bytes in the file are latin1', () => {
  assert.equal(decode(encode('grün ✓')), 'grün ✓');
  assert.equal(Buffer.from(encode('ü'), 'latin1').toString('hex'), 'c3bc');
});

const EXAMPLES = '/usr/share/doc/haproxy/examples';
const shipped = existsSync(EXAMPLES) ? readdirSync(EXAMPLES).filter((f) => f.endsWith('.cfg')) : [];

test(
  'the example configurations of the package are here',
  {
    skip: shipped.length > 0 ? false : `no .cfg in ${EXAMPLES}`,
  },
  () => undefined,
);

for (const file of ['/etc/haproxy/haproxy.cfg', ...shipped.map((name) => `${EXAMPLES}/${name}`)]) {
  const skip = existsSync(file) ? false : `${file} is not on this machine`;
  test(`${file} is printed as it was read and resolves`, { skip }, () => {
    const bytes = readFileSync(file);
    const document = parse(file, bytes);
    assert.ok(print(document).equals(bytes));
    const config = resolve([document]);
    assert.ok(config.sections.length > 0);
    for (const proxy of config.proxies) {
      assert.match(modeOf(proxy).value, /^(?:tcp|http)$/);
      assert.match(balanceOf(proxy).value[0] ?? '', /^[a-z-]+/);
    }
  });
}
