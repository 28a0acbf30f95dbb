import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  parseInfo,
  parseLevel,
  parseShowProc,
  parseStat,
} from '../../src/haproxy/runtime/answers.js';

const SHOW_PROC = `#<PID>          <type>          <reloads>       <uptime>        <version>      
7144            master          2 [failed: 1]   0d00h00m08s     2.6.12-1+deb12u4
# workers
7195            worker          1               0d00h00m04s     2.6.12-1+deb12u4
# old workers
7150            worker          3               0d00h00m08s     2.6.12-1+deb12u4
# programs
7160            program         0               0d00h00m08s     -
`;

test('show proc tells master, workers, those told to finish, and failed reloads', () => {
  assert.deepEqual(parseShowProc(SHOW_PROC), {
    failedReloads: 1,
    processes: [
      { pid: 7144, kind: 'master', reloads: 2, old: false },
      { pid: 7195, kind: 'worker', reloads: 1, old: false },
      { pid: 7150, kind: 'worker', reloads: 3, old: true },
      { pid: 7160, kind: 'program', reloads: 0, old: false },
    ],
  });
});

test('a master without failed reloads does not speak of them', () => {
  const text = SHOW_PROC.replace(' [failed: 1]', '');
  assert.equal(parseShowProc(text).failedReloads, undefined);
});

test('what is no answer to show proc names no process', () => {
  assert.deepEqual(parseShowProc('Unknown command.\n').processes, []);
});

test('show info is read by name, and values may hold colons', () => {
  const info = parseInfo('Name: HAProxy\nPid: 12\nnode: a: b\nempty\n');
  assert.equal(info.get('Pid'), '12');
  assert.equal(info.get('node'), 'a: b');
  assert.equal(info.size, 3);
});

test('show stat is read by the names in its header, wherever they stand', () => {
  const text =
    '# pxname,svname,scur,status,mode,\nweb,FRONTEND,3,OPEN,http,\napi,FRONTEND,0,STOP,tcp,\n\n';
  assert.deepEqual(parseStat(text), [
    { pxname: 'web', status: 'OPEN', mode: 'http', scur: 3 },
    { pxname: 'api', status: 'STOP', mode: 'tcp', scur: 0 },
  ]);
});

for (const [text, level] of [
  ['admin\n', 'admin'],
  ['user', 'user'],
  ['Unknown command', undefined],
] as const) {
  test(`show cli level ${JSON.stringify(text)} means ${String(level)}`, () => {
    assert.equal(parseLevel(text), level);
  });
}
