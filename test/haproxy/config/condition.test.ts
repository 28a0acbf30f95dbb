import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decide, type ConditionFacts } from '../../../src/haproxy/config/condition.js';

const FACTS: ConditionFacts = {
  defined: (name) => (name === 'SECRET' ? undefined : name === 'HOME'),
  version: '2.6.12-1+deb12u4',
  features: new Set(['OPENSSL', 'LUA']),
  sslBuiltWith: 'OpenSSL 3.0.17 1 Jul 2025',
  sslRunningOn: 'OpenSSL 3.0.17 1 Jul 2025',
};

const kindOf = (expression: string): string => decide(expression, FACTS).kind;

/** By kind of answer. */
const DECIDED: Readonly<Record<string, readonly string[]>> = {
  true: [
    '1',
    '!0',
    ' 2',
    '-1',
    'defined(HOME)',
    '!defined(X)',
    '! ! defined(HOME)',
    'feature(OPENSSL)',
    '!feature(OPEN)',
    'streq(a,a)',
    'streq("a,b)","a,b)")',
    "streq('','')",
    'streq(\\",\\")',
    'strneq(a,b)',
    'strstr(abc,b)',
    'version_atleast(2.6)',
    'version_atleast(2.6.12)',
    'version_before(2.6.13)',
    'version_before(2.7-dev1)',
    'version_atleast(2.6-dev9)',
    'openssl_version_atleast(1.1.1k)',
    'openssl_version_before(3.0.18)',
    'ssllib_name_startswith(OpenSSL)',
    '(0 || 1) && 1',
    '0 && 0 || 1',
    '1 || 0 && 0',
    '!(0)',
    '1||bogus_but_known_later(x)',
    'defined(SECRET) || 1',
    'feature(LUA)&&!feature(QUIC)',
  ],
  false: [
    '',
    '0',
    '!1',
    '0x0',
    'defined(X)',
    'streq(a,b)',
    'version_before(2.6.12)',
    'version_atleast(2.6.12-10)',
    '1 && 0',
    '(1 && 0) || 0',
    'defined(SECRET) && 0',
    '0 && enabled(POLL)',
  ],
  undecided: [
    'defined(SECRET)',
    '!defined(SECRET)',
    'enabled(POLL)',
    '1 && defined(SECRET)',
    '0 || (enabled(POLL))',
  ],
  invalid: [
    'x',
    '1 1',
    '(1',
    '1 &&',
    '1 ||',
    '&& 1',
    'defined',
    'streq(a)',
    'streq(a,b,c)',
    'defined(X',
    '!',
    '()',
    '1 & 1',
    '1)',
  ],
};

for (const [kind, expressions] of Object.entries(DECIDED)) {
  test(`a condition is ${kind}`, () => {
    for (const expression of expressions) assert.equal(kindOf(expression), kind, expression);
  });
}

test('what is not known of HAProxy leaves a condition undecided', () => {
  const facts = { ...FACTS, features: undefined, sslBuiltWith: undefined, sslRunningOn: undefined };
  for (const one of [
    'feature(LUA)',
    'openssl_version_atleast(1.1.1)',
    'ssllib_name_startswith(O)',
  ]) {
    assert.equal(decide(one, facts).kind, 'undecided', one);
  }
});

test('any text has an answer, however deep it is', () => {
  const text = fc.array(fc.constantFrom(...'()!&|1 0,"\'\\a', 'defined(', 'streq('), {
    maxLength: 40,
  });
  fc.assert(
    fc.property(text, (parts) => {
      assert.ok(['true', 'false', 'undecided', 'invalid'].includes(kindOf(parts.join(''))));
    }),
    { numRuns: 2000 },
  );
  assert.equal(kindOf('('.repeat(100_000)), 'invalid');
  assert.equal(kindOf(`${'!'.repeat(100_000)}1`), 'true');
});
