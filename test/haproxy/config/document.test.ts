import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode, encode, endingOf, parse, print } from '../../../src/haproxy/config/document.js';
import { balanceOf, modeOf } from '../../../src/haproxy/config/proxy.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { tokensOf } from '../../../src/haproxy/config/tokens.js';

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
