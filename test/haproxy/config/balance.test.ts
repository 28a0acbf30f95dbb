import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HitlessError } from '../../../src/error.js';
import { parseAlgorithm } from '../../../src/haproxy/config/balance.js';

const GOOD: readonly (string | readonly string[])[] = [
  'roundrobin',
  'static-rr',
  'leastconn',
  'first',
  'source',
  'uri',
  'uri whole',
  'uri len 5 depth 2 path-only',
  'url_param id',
  'url_param id check_post',
  'url_param id check_post 64',
  'hdr(User-Agent)',
  'hdr(Host) use_domain_only',
  'random',
  'random()',
  'random(3)',
  'rdp-cookie',
  'rdp-cookie(x)',
  'hash req.cookie(id)',
  'hash "req.hdr(x),lower"',
  'log-hash lower',
  'sticky',
  ['uri', 'whole'],
];

const BAD: readonly (string | readonly string[])[] = [
  '',
  [],
  'round',
  'ROUNDROBIN',
  'roundrobin now',
  'uri len',
  'uri len 0',
  'uri half',
  'url_param',
  'url_param a b',
  'hdr',
  'hdr()',
  'hdr(a) b',
  'hdr(a)b',
  'random(0)',
  'random(2x)',
  'randomly',
  'rdp-cookie()',
  'hash',
  'hash a b',
  'source # comment',
  'hash "open',
  'constructor',
  ['leastconn\n server evil 1.2.3.4:80'],
  ['hash', 'a\tb'],
  ['hash', 'a\u007fb'],
  'leastconn\n',
];

test('the algorithms of the manual are accepted with their arguments', () => {
  for (const algorithm of GOOD) assert.ok(parseAlgorithm(algorithm).text, String(algorithm));
});

test('what no HAProxy accepts is a usage error', () => {
  for (const algorithm of BAD) {
    assert.throws(
      () => parseAlgorithm(algorithm),
      (error) => error instanceof HitlessError && error.code === 'usage',
      JSON.stringify(algorithm),
    );
  }
});

test('a misspelt algorithm is answered with the nearest', () => {
  assert.throws(() => parseAlgorithm('round-robin'), { hint: 'did you mean roundrobin?' });
  assert.throws(() => parseAlgorithm('hrd(x)'), /"hrd\(x\)" is not a balancing algorithm/);
});

test('words of a list are quoted where they have to be', () => {
  assert.equal(parseAlgorithm(['url_param', 'a b']).text, "url_param 'a b'");
  assert.equal(parseAlgorithm(['hash', 'req.hdr("x")']).text, `hash 'req.hdr("x")'`);
  assert.equal(parseAlgorithm('hash  "req.hdr(x)"').text, 'hash  "req.hdr(x)"');
  assert.deepEqual(parseAlgorithm('hash  "req.hdr(x)"').values, ['hash', 'req.hdr(x)']);
});

test('a variable is passed on, as only HAProxy knows its value', () => {
  assert.equal(parseAlgorithm('"${ALGORITHM}"').env, true);
});
