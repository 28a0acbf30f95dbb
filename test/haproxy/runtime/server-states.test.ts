import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  adminState,
  parseServerStates,
  printServerStates,
} from '../../../src/haproxy/runtime/server-states.js';

/** As 2.6.12 printed it. */
const TEXT = `1
# be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight srv_iweight srv_time_since_last_change srv_check_status srv_check_result srv_check_health srv_check_state srv_agent_state bk_f_forced_id srv_f_forced_id srv_fqdn srv_port srvrecord srv_use_ssl srv_check_port srv_check_addr srv_agent_addr srv_agent_port
3 web 1 a 127.0.0.1 0 0 20 10 1 8 2 0 6 0 0 0 - 9001 - 0 0 - - 0
3 web 2 b ::1 2 5 1 1 1 1 0 0 8 0 0 0 x.test 9002 - 0 81 127.0.0.2 127.0.0.3 9999
3 web 3 c 127.0.0.1 2 12 1 1 1 1 0 2 0 22 0 1 - 9003 - 1 0 - - 0
`;

test('every column has a name, and printing gives back what was read', () => {
  const [a, b, c] = parseServerStates(TEXT);
  assert.deepEqual([a?.backend, a?.server, a?.weight, a?.initialWeight], ['web', 'a', 20, 10]);
  assert.deepEqual([b?.address, b?.port, b?.fqdn, b?.checkPort], ['::1', '9002', 'x.test', '81']);
  assert.deepEqual(
    [b?.checkAddress, b?.agentAddress, b?.agentPort],
    ['127.0.0.2', '127.0.0.3', '9999'],
  );
  assert.deepEqual([c?.useSsl, c?.serverIdForced, c?.agentState], [true, true, 22]);
  assert.equal(printServerStates(parseServerStates(TEXT)), TEXT);
});

test('what an administrator asked for is told apart from what checks find', () => {
  assert.deepEqual(parseServerStates(TEXT).map(adminState), ['ready', 'maint', 'drain']);
});

test('columns are found by their names: an older HAProxy has fewer', () => {
  const old = TEXT.replaceAll(/( srv_check_port| 0| 81)( \S+){3}$/gm, '');
  const [a] = parseServerStates(old);
  assert.deepEqual([a?.port, a?.checkAddress], ['9001', '-']);
});

test('an error message holds no server', () => {
  assert.deepEqual(parseServerStates("Can't find backend.\n"), []);
});
