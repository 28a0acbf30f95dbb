import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decodeRecords, encodeRecord, type JournalRecord } from '../../src/journal/record.js';

const records: fc.Arbitrary<readonly JournalRecord[]> = fc.array(
  fc.oneof(
    fc.record({
      type: fc.constant('begin' as const),
      step: fc.string(),
      before: fc.dictionary(fc.string(), fc.jsonValue()),
    }),
    fc.record({ type: fc.constant('undone' as const), step: fc.string({ unit: 'binary' }) }),
    fc.record({ type: fc.constant('handed-over' as const), atMs: fc.nat() }),
  ),
  { minLength: 1, maxLength: 8 },
);

/** What JSON can hold: `-0` and prototype-less objects do not come back as they were. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

test('what was written is read again', () => {
  fc.assert(
    fc.property(records, (written) => {
      const decoded = decodeRecords(written.map(encodeRecord).join(''));
      assert.deepEqual(decoded.damagedLine, undefined);
      assert.deepEqual(plain(decoded.records), plain(written));
    }),
  );
});

test('a file cut off anywhere gives a beginning of its records and is not called damaged', () => {
  fc.assert(
    fc.property(records, fc.nat(), (written, at) => {
      const text = written.map(encodeRecord).join('');
      const cut = text.slice(0, at % (text.length + 1));
      const decoded = decodeRecords(cut);
      assert.equal(decoded.damagedLine, undefined);
      const whole = cut.split('\n').length - 1;
      assert.deepEqual(plain(decoded.records), plain(written.slice(0, whole)));
    }),
  );
});

test('a changed byte in any line but the last is reported by its number', () => {
  fc.assert(
    fc.property(records, fc.nat(), fc.nat(), (written, which, where) => {
      const lines = [...written, ...written].map(encodeRecord);
      const at = which % (lines.length - 1);
      const line = lines[at] ?? '';
      const column = where % (line.length - 1);
      const other = line[column] === '7' ? '8' : '7';
      lines[at] = line.slice(0, column) + other + line.slice(column + 1);
      assert.equal(decodeRecords(lines.join('')).damagedLine, at + 1);
    }),
  );
});

test('an empty file holds no records', () => {
  assert.deepEqual(decodeRecords(''), { records: [], damagedLine: undefined });
});
