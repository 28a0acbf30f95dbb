import assert from 'node:assert/strict';
import { test } from 'node:test';
import { requestOf } from '../../src/cli/reload-options.js';
import { stateDirOf } from '../../src/cli/state-dir.js';
import { DEFAULT_MAX_DRAINING, DEFAULT_TIMEOUT_MS } from '../../src/reload/request.js';
import { fakeIo } from '../fakes/io.js';

const AUTO = { method: 'auto' };

test('without an option it is the only HAProxy, by the best method, without a loss', () => {
  assert.deepEqual(requestOf(AUTO), {
    target: {},
    method: 'auto',
    allowLoss: false,
    timeoutMs: DEFAULT_TIMEOUT_MS,
    maxDraining: DEFAULT_MAX_DRAINING,
  });
});

test('each option has its place in the request', () => {
  const flags = { timeout: '2s', drainTimeout: '0s', maxDraining: '3', allowLoss: true, pid: '7' };
  assert.deepEqual(requestOf({ method: 'migrate', ...flags }), {
    target: { pid: 7 },
    method: 'migrate',
    allowLoss: true,
    timeoutMs: 2000,
    drainTimeoutMs: 0,
    maxDraining: 3,
  });
});

test('paths are made absolute: the run outlives the folder that it was called in', () => {
  const request = requestOf({ ...AUTO, file: ['a.cfg', '/b.cfg'], binary: 'haproxy' });
  assert.deepEqual(request.configFiles, [`${process.cwd()}/a.cfg`, '/b.cfg']);
  assert.equal(request.binary, `${process.cwd()}/haproxy`);
  assert.deepEqual(requestOf({ ...AUTO, pidFile: 'p' }).target, { pidFile: `${process.cwd()}/p` });
  const { target } = requestOf({ ...AUTO, masterSocket: '/m' });
  assert.deepEqual(target, { masterSocket: '/m' });
});

test('a method that does not exist, and words that are methods of objects, are refused', () => {
  for (const method of ['fd-pas', '', 'constructor', 'AUTO']) {
    assert.throws(() => requestOf({ method }), { code: 'usage' }, method);
  }
});

test('a step without time, and fewer than one old generation, are refused', () => {
  assert.throws(() => requestOf({ ...AUTO, timeout: '0s' }), /leaves no time/);
  assert.throws(() => requestOf({ ...AUTO, maxDraining: '0' }), { code: 'usage' });
});

test('runs are journaled where the option says, else the environment, else by user', () => {
  const io = fakeIo({ env: { HITLESS_STATE_DIR: '/env', XDG_STATE_HOME: '/xdg' } });
  assert.equal(stateDirOf('/option', io), '/option');
  assert.equal(stateDirOf(undefined, io), '/env');
  const root = process.getuid?.() === 0;
  const unset = fakeIo({ env: { HITLESS_STATE_DIR: '', XDG_STATE_HOME: '/xdg' } });
  assert.equal(stateDirOf(undefined, unset), root ? '/var/lib/hitless' : '/xdg/hitless');
});
