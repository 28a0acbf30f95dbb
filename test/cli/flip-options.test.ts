import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flipRequestOf, healthOf, publicPortOf } from '../../src/cli/flip-options.js';
import { EXIT, HitlessError } from '../../src/error.js';

test('ports are taken with and without an address', () => {
  assert.deepEqual(publicPortOf('80'), { host: null, port: 80 });
  assert.deepEqual(publicPortOf('10.0.0.1:80'), { host: '10.0.0.1', port: 80 });
  assert.deepEqual(publicPortOf('[fd00::1]:80'), { host: 'fd00::1', port: 80 });
});

test('health checks are a path, a connection, or a command without a shell', () => {
  assert.deepEqual(healthOf('http:///a?b=1'), { kind: 'http', path: '/a?b=1' });
  assert.deepEqual(healthOf('tcp'), { kind: 'tcp' });
  const argv = ['./check', '{port}'];
  assert.deepEqual(healthOf('command ./check {port}'), { kind: 'command', argv });
});

test('a command line that cannot be meant is a usage error', () => {
  const wrong: readonly (() => unknown)[] = [
    () => publicPortOf('0'),
    () => publicPortOf('70000'),
    () => publicPortOf('host:80'),
    () => healthOf('https://example.org/'),
    () => flipRequestOf([], {}),
    () => flipRequestOf(['./server'], {}),
    () => flipRequestOf(['./server'], { port: ['80'], service: 'haproxy' }),
    () => flipRequestOf([], { service: 'postfix' }),
    () => flipRequestOf([], { service: 'nginx', file: ['/a.conf'] }),
    () => flipRequestOf([], { service: 'haproxy', port: ['80'] }),
    () => flipRequestOf([], { service: 'haproxy', ports: '9-8' }),
    () => flipRequestOf([], { service: 'haproxy', stopSignal: 'SIGNONE' }),
  ];
  for (const [at, call] of wrong.entries()) {
    const usage = (error: unknown) =>
      error instanceof HitlessError && error.exitCode === EXIT.usage;
    assert.throws(call, usage, `case ${at}`);
  }
});
