import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endpointOf, hostOf, plain } from '../../src/host/endpoint.js';

test('an address with its port is read as the kernel writes it', () => {
  assert.deepEqual(endpointOf('10.0.0.1:80'), { address: '10.0.0.1', port: 80 });
  assert.deepEqual(endpointOf('[fd00::1]:443'), { address: 'fd00::1', port: 443 });
  assert.deepEqual(endpointOf('[::]:80'), { address: '::', port: 80 });
  assert.equal(hostOf('[::1]:80'), '[::1]');
});

test('an IPv4 client of a socket for both families has its IPv4 address', () => {
  assert.deepEqual(endpointOf('[::ffff:10.0.0.1]:80'), { address: '10.0.0.1', port: 80 });
  assert.equal(plain('[::ffff:10.0.0.2]:4711'), '10.0.0.2:4711');
  assert.equal(plain('[fd00::2]:4711'), 'fd00::2:4711');
});
