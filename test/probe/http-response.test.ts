import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ResponseParser } from '../../src/probe/http-response.js';

interface Seen {
  readonly state: string;
  readonly status: number;
  readonly body: string;
  readonly rest: number;
  readonly keepAlive: boolean;
  readonly whole: boolean;
}

function parse(pieces: readonly Buffer[]): Seen {
  let body = '';
  const parser = new ResponseParser({
    body: (bytes, start, end) => {
      body += bytes.toString('latin1', start, end);
    },
  });
  let rest = 0;
  for (const piece of pieces) {
    // Surrounded by other bytes, as in a shared read buffer with an older answer in it.
    const shared = Buffer.concat([Buffer.from('old'), piece, Buffer.from('\r\n\r\nolder')]);
    rest += 3 + piece.length - parser.feed(shared, 3, 3 + piece.length);
  }
  const { state, status, keepAlive } = parser;
  return { state, status, body, rest, keepAlive, whole: parser.finish() };
}

const parseText = (text: string) => parse([Buffer.from(text, 'latin1')]);

const WHOLE: readonly [string, string, Partial<Seen>][] = [
  [
    'content-length',
    'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc',
    { body: 'abc', keepAlive: true },
  ],
  [
    'an announced close',
    'HTTP/1.1 200 OK\r\nConnection: foo, Close\r\ncontent-length:0\r\n\r\n',
    { keepAlive: false },
  ],
  ['HTTP/1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\na', { body: 'a', keepAlive: false }],
  ['a reason that is empty', 'HTTP/1.1 404 \r\nContent-Length: 0\r\n\r\n', { status: 404 }],
  ['no reason', 'HTTP/1.1 503\r\nContent-Length: 0\r\n\r\n', { status: 503 }],
  ['204', 'HTTP/1.1 204 No Content\r\n\r\n', { status: 204 }],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nT: v\r\n\r\n',
    { body: 'abc0123456789' },
  ],
  [
    'an interim answer',
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok',
    { body: 'ok', status: 200 },
  ],
  [
    'bytes after the answer',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc',
    { body: 'a', rest: 2 },
  ],
];

for (const [name, text, expected] of WHOLE) {
  test(`an answer with ${name} is whole`, () => {
    const seen = parseText(text);
    assert.equal(seen.state, 'done');
    assert.deepEqual({ ...seen, ...expected }, seen);
  });
}

test('an answer without framing ends with the connection', () => {
  const seen = parseText('HTTP/1.1 200 OK\r\n\r\nabc');
  assert.deepEqual([seen.state, seen.whole, seen.body], ['until-close', true, 'abc']);
});

const DAMAGED: readonly [string, string][] = [
  ['another protocol', '220 mail ESMTP\r\n\r\n'],
  ['a bare LF', 'HTTP/1.1 200 OK\r\nA: b\nContent-Length: 0\r\n\r\n'.replace('A: b\n', 'Ab\n')],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
  ['a short status', 'HTTP/1.1 20 OK\r\n\r\n'],
  ['a folded line', 'HTTP/1.1 200 OK\r\nA: b\r\n c: d\r\n\r\n'],
  ['a header without a colon', 'HTTP/1.1 200 OK\r\nabc\r\n\r\n'],
  ['a negative length', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n'],
  [
    'a length and chunks',
    'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
  ],
  ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk that is too long', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n'],
];

for (const [name, text] of DAMAGED) {
  test(`${name} is no HTTP answer`, () => assert.equal(parseText(text).state, 'failed'));
}

test('a head without an end is refused at its limit, not kept for ever', () => {
  const line = Buffer.from(`A: ${'b'.repeat(8000)}\r\n`);
  const pieces = [Buffer.from('HTTP/1.1 200 OK\r\n'), ...Array.from({ length: 20 }, () => line)];
  assert.equal(parse(pieces).state, 'failed');
});

test('every cut short answer with a length is not whole', () => {
  const text = 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc';
  for (let length = 0; length < text.length; length += 1) {
    assert.equal(parseText(text.slice(0, length)).whole, false, String(length));
  }
});

test('however the bytes are cut into pieces, the answer is the same', () => {
  const texts = [...WHOLE.map(([, text]) => text), ...DAMAGED.map(([, text]) => text)];
  const cuts = fc.array(fc.nat(200), { maxLength: 12 });
  fc.assert(
    fc.property(fc.constantFrom(...texts), cuts, (text, at) => {
      const whole = parseText(text);
      const bytes = Buffer.from(text, 'latin1');
      const ends = [...at.map((n) => n % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
      const cut = parse(ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end)));
      // Where a damaged answer is given up depends on what came at once; that it is does not.
      if (whole.state === 'failed') return assert.equal(cut.state, 'failed');
      assert.deepEqual(cut, whole);
    }),
    { numRuns: 2000 },
  );
});
