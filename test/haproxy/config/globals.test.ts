import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseText } from '../../../src/haproxy/config/document.js';
import { globalsOf } from '../../../src/haproxy/config/globals.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';

const of = (...texts: readonly string[]) =>
  globalsOf(resolve(texts.map((text, index) => parseText(`${'abc'[index]}`, text))));

test('global settings are read from all global sections of all files', () => {
  const globals = of(
    'global\n daemon\n user haproxy\nbackend b\n',
    'global\n nbthread 4\n chroot /x\n',
  );
  assert.equal(globals.daemon?.value, true);
  assert.deepEqual(globals.user, { value: 'haproxy', file: 'a', line: 3, conditional: false });
  assert.deepEqual(globals.nbthread, { value: '4', file: 'b', line: 2, conditional: false });
  assert.equal(globals.chroot?.value, '/x');
  assert.equal(globals.masterWorker, undefined);
});

test('HAProxy keeps the first pidfile and the last nbthread', () => {
  const globals = of('global\n pidfile a\n pidfile b\n nbthread 1\n nbthread 2\n');
  assert.equal(globals.pidfile?.value, 'a');
  assert.equal(globals.nbthread?.value, '2');
});

test('every stats socket is listed with what it allows', () => {
  const sockets = of(
    'global\n stats timeout 30s\n stats socket /run/a.sock mode 660 level admin expose-fd listeners user u\n stats socket ipv4@127.0.0.1:9999\n',
  ).statsSockets;
  assert.deepEqual(
    sockets.map((one) => [
      one.line,
      one.address.path ?? one.address.host,
      one.level,
      one.exposeFdListeners,
      one.mode,
      one.user,
    ]),
    [
      [3, '/run/a.sock', 'admin', true, '660', 'u'],
      [4, '127.0.0.1', 'operator', false, undefined, undefined],
    ],
  );
});

test('times, paths and limits of the process', () => {
  const globals = of(
    'global\n hard-stop-after 30s\n mworker-max-reloads 5\n server-state-file s\n server-state-base /v\n unix-bind mode 600 prefix /jail\n master-worker no-exit-on-failure\n',
  );
  assert.equal(globals.hardStopAfterMs?.value, 30_000);
  assert.equal(globals.mworkerMaxReloads?.value, '5');
  assert.equal(globals.serverStateFile?.value, 's');
  assert.equal(globals.serverStateBase?.value, '/v');
  assert.equal(globals.unixBindPrefix?.value, '/jail');
  assert.equal(globals.masterWorker?.value, true);
});

test('a setting in a conditional block is marked', () => {
  assert.equal(of('global\n.if 1\n daemon\n.endif\n').daemon?.conditional, true);
});
