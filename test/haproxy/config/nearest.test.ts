import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { editDistance, nearest } from '../../../src/haproxy/config/nearest.js';

test('the nearest names come first, and strangers not at all', () => {
  assert.deepEqual(nearest(['web', 'backend-1', 'api'], 'wbe'), ['web']);
  assert.deepEqual(nearest(['roundrobin', 'random', 'leastconn'], 'RoundRobbin'), ['roundrobin']);
  assert.deepEqual(nearest(['app1', 'app2', 'app3', 'app4'], 'app', 2), ['app1', 'app2']);
  assert.deepEqual(nearest([], 'x'), []);
});

test('the distance counts letters and behaves as a distance', () => {
  assert.equal(editDistance('kitten', 'sitting'), 3);
  assert.equal(editDistance('ab', 'ba'), 1);
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      assert.equal(editDistance(a, b), editDistance(b, a));
      assert.equal(editDistance(a, b) === 0, a === b);
      assert.ok(editDistance(a, b) <= Math.max(a.length, b.length));
    }),
  );
});
