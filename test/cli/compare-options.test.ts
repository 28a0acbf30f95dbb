import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  allWays,
  type CompareFlags,
  compareSpecs,
  parseKinds,
  parseWays,
} from '../../src/cli/compare-options.js';
import { HitlessError } from '../../src/error.js';
import { WAYS } from '../../src/trial/ways/registry.js';

const FLAGS: CompareFlags = { rate: 1000, for: 5000, every: 500, connections: ['new'] };

test('every way of the registry is run with and without a stall, controls first', () => {
  const specs = compareSpecs(FLAGS);
  assert.equal(specs.length, 2 * allWays().length);
  assert.deepEqual(new Set(specs.map(({ way }) => way)), new Set(allWays()));
  const controls = specs.map(({ way }) => WAYS[way].control);
  assert.deepEqual(
    controls,
    [...controls].sort((a, b) => Number(b) - Number(a)),
  );
});

test('a control stands beside the methods that were asked for', () => {
  const ways = compareSpecs({ ...FLAGS, methods: ['migrate'], stalled: false });
  assert.deepEqual(
    ways.map(({ way }) => way),
    ['haproxy -sf', 'migrate'],
  );
});

test('--stalled and --no-stalled leave one of the two', () => {
  const stalls = (stalled: boolean) =>
    new Set(compareSpecs({ ...FLAGS, stalled }).map((spec) => spec.stalled));
  assert.deepEqual(stalls(true), new Set([true]));
  assert.deepEqual(stalls(false), new Set([false]));
});

test('ways under the same kind of connections stand together', () => {
  const specs = compareSpecs({ ...FLAGS, connections: ['new', 'tls'], stalled: false });
  const kinds = specs.map(({ connections }) => connections);
  assert.deepEqual(kinds, [...kinds].sort());
});

test('a run too short for a reload is refused', () => {
  assert.throws(() => compareSpecs({ ...FLAGS, for: 1999 }), /--for is too short/);
});

test('names are read with commas between them, each once', () => {
  assert.deepEqual(parseWays('quiesce, haproxy -sf,quiesce', allWays()), [
    'quiesce',
    'haproxy -sf',
  ]);
  assert.deepEqual(parseKinds('tls,new'), ['tls', 'new']);
});

test('a name may have a comma in it', () => {
  const known = ['flip', 'flip, old stopped at once', 'migrate'] as const;
  assert.deepEqual(parseWays('flip, old stopped at once,flip', known), [known[1], 'flip']);
  assert.deepEqual(parseWays('flip, migrate', known), ['flip', 'migrate']);
  assert.throws(() => parseWays('flip, old,migrate', known), /no way "old"/);
});

test('an unknown name is refused with the nearest ones', () => {
  assert.throws(
    () => parseWays('quiece', allWays()),
    refusedWith(/no way "quiece"/, /did you mean "quiesce"/),
  );
  assert.throws(() => parseWays('', allWays()), refusedWith(/no way ""/, /haproxy -sf/));
  assert.throws(() => parseKinds('tsl'), refusedWith(/no kind of connections "tsl"/, /"tls"/));
});

function refusedWith(message: RegExp, hint: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof HitlessError);
    assert.equal(error.exitCode, 2);
    assert.match(error.message, message);
    assert.match(error.hint ?? '', hint);
    return true;
  };
}
