import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseSs } from '../../src/host/ss.js';

/** Printed by ss of iproute2 6.1. */
const SS = `ESTAB 0      0               127.0.0.1:56068          127.0.0.1:59575 ino:6465200 sk:3b2c cgroup:/ <->
ESTAB 12     7                   [::1]:55949              [::1]:34142 ino:0 sk:3b2f cgroup:/ <->      
ESTAB 0      0      [::ffff:127.0.0.1]:42643 [::ffff:127.0.0.1]:54368 ino:6465206 sk:3b31 cgroup:/ <->
SYN-RECV 0   0            127.0.0.1%lo:80          10.0.0.1:4242
FIN-WAIT-2 0 0     [fe80::1%eth0]:80          [fe80::2]:4242 timer:(timewait,59sec,0) ino:0 sk:5

`;

test('connections are told with addresses as /proc writes them, state, inode and queues', () => {
  assert.deepEqual(
    parseSs(SS).map(({ family, local, peer, state, inode }) => [family, local, peer, state, inode]),
    [
      ['ipv4', '127.0.0.1:56068', '127.0.0.1:59575', 'established', 6465200],
      ['ipv6', '[::1]:55949', '[::1]:34142', 'established', 0],
      ['ipv6', '[::ffff:127.0.0.1]:42643', '[::ffff:127.0.0.1]:54368', 'established', 6465206],
      ['ipv4', '127.0.0.1:80', '10.0.0.1:4242', 'syn-recv', 0],
      ['ipv6', '[fe80::1]:80', '[fe80::2]:4242', 'closing', 0],
    ],
  );
  assert.deepEqual([parseSs(SS)[1]?.receiveQueue, parseSs(SS)[1]?.sendQueue], [12, 7]);
});

test('nothing is told of empty output', () => {
  assert.deepEqual(parseSs(''), []);
});

/** Printed with --info by the same ss; fields between are left out. */
const INFO = `ESTAB      0      0               127.0.0.1:28080          127.0.0.1:42062 ino:0 sk:4305 cgroup:/ <-> ts sack bbr rto:204 segs_in:2 lastsnd:364 lastrcv:20 lastack:8 app_limited minrtt:0.009
SYN-RECV   0      0               127.0.0.1:28086          127.0.0.1:40370 timer:(on,988ms,0) ino:0 sk:4307
ESTAB      0      0                [::1]%lo:28085              [::1]:59636 ino:6604136 sk:4314 cgroup:/ <-> ts sack lastsnd:32 lastrcv:32 lastack:32
CLOSE-WAIT 1      0      [::ffff:127.0.0.1]:28082 [::ffff:127.0.0.1]:57210 ino:6602678 sk:4311 cgroup:/ --> ts sack lastrcv:380 lastack:1
`;

test('a connection is idle since data last went either way, whatever is acknowledged', () => {
  assert.deepEqual(
    parseSs(INFO).map(({ idleMs }) => idleMs),
    [20, null, 32, 380],
  );
});

test('a device is no part of the address, on whichever side of the bracket it stands', () => {
  assert.equal(parseSs(INFO)[2]?.local, '[::1]:28085');
});
