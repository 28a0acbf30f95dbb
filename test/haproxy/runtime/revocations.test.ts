import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  describeRevocations,
  isOtherRevocation,
  revocationListsIn,
  shownRevocationLists,
} from '../../../src/haproxy/runtime/revocations.js';
import { CRL, EMPTY_CRL, SHOWN_CRL } from './crl.js';

const LIST = {
  lastUpdate: 'Nov 29 10:23:45 2026 GMT',
  nextUpdate: 'Dec 29 10:23:45 2026 GMT',
  serials: ['01'],
};

test('a revocation list says the same in its file and as HAProxy shows it', () => {
  assert.deepEqual(revocationListsIn(CRL), [LIST]);
  assert.deepEqual(shownRevocationLists(SHOWN_CRL), [LIST]);
  assert.deepEqual(revocationListsIn(EMPTY_CRL), [{ ...LIST, serials: [] }]);
});

/** TLV of DER. */
function der(tag: number, ...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => Buffer.from(part as string, 'latin1')));
  const { length } = content;
  const size = length < 0x80 ? [length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

function pemOf(serials: readonly string[], ...times: readonly Buffer[]): string {
  const revoked = serials.map((hex) =>
    der(0x30, der(0x02, Buffer.from(hex, 'hex')), times[0] ?? ''),
  );
  const list = revoked.length === 0 ? [] : [der(0x30, ...revoked)];
  const signed = der(0x30, der(0x30), der(0x30, 'issuer'), ...times, ...list);
  return `-----BEGIN X509 CRL-----\n${der(0x30, signed).toString('base64')}\n-----END X509 CRL-----\n`;
}

test('times of either form, no next update, no version, and numbers with a sign byte are read', () => {
  const early = der(0x17, '500102030405Z');
  const late = der(0x18, '20500102030405Z');
  assert.deepEqual(revocationListsIn(pemOf(['00ff', '01'], early)), [
    { lastUpdate: 'Jan  2 03:04:05 1950 GMT', nextUpdate: '', serials: ['FF', '01'] },
  ]);
  assert.deepEqual(revocationListsIn(pemOf([], early, late)), [
    {
      lastUpdate: 'Jan  2 03:04:05 1950 GMT',
      nextUpdate: 'Jan  2 03:04:05 2050 GMT',
      serials: [],
    },
  ]);
});

test('what is no list, or is cut off, is no list', () => {
  assert.deepEqual(
    revocationListsIn('-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'),
    [],
  );
  for (let length = 0; length < 60; length += 1) {
    const bytes = Buffer.from(CRL.split('\n').slice(1, -2).join(''), 'base64').subarray(0, length);
    const pem = `-----BEGIN X509 CRL-----\n${bytes.toString('base64')}\n-----END X509 CRL-----\n`;
    assert.ok(Array.isArray(revocationListsIn(pem)));
  }
});

test('another list, another number or one list more is another file', () => {
  assert.equal(isOtherRevocation(SHOWN_CRL, CRL), false);
  assert.equal(isOtherRevocation(SHOWN_CRL, EMPTY_CRL), true);
  assert.equal(isOtherRevocation(SHOWN_CRL, `${CRL}${EMPTY_CRL}`), true);
  assert.equal(isOtherRevocation(SHOWN_CRL.replace('Dec 29', 'Dec 28'), CRL), true);
});

test('a list that HAProxy cuts off for its length differs only by what is shown of it', () => {
  const numbers = Array.from({ length: 400 }, (_, at) => (0x1000 + at).toString(16));
  const pem = pemOf(numbers, der(0x17, '261129102345Z'), der(0x17, '261229102345Z'));
  const head = SHOWN_CRL.slice(0, SHOWN_CRL.indexOf('    Serial'));
  const shown = (first: string): string =>
    head +
    [first, ...numbers.slice(1, 217)]
      .map(
        (serial) =>
          `    Serial Number: ${serial.toUpperCase()}\n        Revocation Date: Nov 29 10:23:45 2026 GMT\n`,
      )
      .join('');
  assert.ok(shown('1000').length > 15_000);
  assert.equal(isOtherRevocation(shown('1000'), pem), false);
  assert.equal(isOtherRevocation(shown('2000'), pem), true);
});

test('people are told when a list was issued and how many it revokes', () => {
  assert.equal(describeRevocations([LIST]), 'of Nov 29 10:23:45 2026 GMT, 1 revoked');
});
