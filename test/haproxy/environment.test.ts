import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startEnvironment } from '../../src/haproxy/environment.js';

test('a new start does not inherit what HAProxy told itself when it executed itself anew', () => {
  const own = {
    HAPROXY_MWORKER: '1',
    HAPROXY_MWORKER_REEXEC: '1',
    HAPROXY_MWORKER_WAIT_ONLY: '1',
    HAPROXY_PROCESSES: '|type=m;fd=-1;pid=1',
    HAPROXY_CFGFILES: '/etc/haproxy/haproxy.cfg',
    HAPROXY_CLI: 'unix@/run/s.sock',
    HAPROXY_MASTER_CLI: 'unix@/run/m.sock',
    HAPROXY_LOAD_SUCCESS: '0',
  };
  assert.deepEqual(startEnvironment(own), {});
});

test('everything else is kept, names like those of HAProxy too', () => {
  const kept = {
    PATH: '/bin',
    EMPTY: '',
    HAPROXY_HTTP_LOG_FMT: '%ci',
    HAPROXY_CLIENT: 'x',
    HAPROXY_CLI_PORT: '1',
    MY_HAPROXY_CLI: 'x',
    haproxy_cli: 'x',
  };
  assert.deepEqual(startEnvironment(kept), kept);
});
