import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  parseEnvironment,
  parseOwner,
  parseStat,
  parseTcp,
  parseUnix,
  parseWords,
} from '../../src/host/proc.js';

/** Printed by Linux 6.18. */
const TCP = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 00000000:07E8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 651 1 00000000c397a685 100 0 0 10 0                       
   1: 0100007F:E8B7 00000000:0000 0A 00000000:00000003 00:00000000 00000000     0        0 6465199 1 000000005b49169c 100 0 0 10 0                   
   4: 0100007F:DB04 0100007F:E8B7 01 00000010:00000000 00:00000000 00000000     0        0 6465200 2 0000000007ce8f04 20 0 0 10 -1                   
   5: 0100007F:E8B7 0100007F:DB05 03 00000000:00000000 01:00000063 00000000     0        0 0 1 00000000ac1c27ad
   6: 0100007F:E8B7 0100007F:DB06 06 00000000:00000000 03:00000063 00000000     0        0 0 3 00000000ac1c27ae
`;
const TCP6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   1: 00000000000000000000000001000000:DA8D 00000000000000000000000000000000:0000 0A 00000000:00000001 00:00000000 00000000     0        0 6465202 2 000000000a7f197a 100 0 0 10 0
   2: 00000000000000000000000000000000:A693 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 6465204 1 000000005b0a970b 100 0 0 10 0
   6: 0000000000000000FFFF00000100007F:A693 0000000000000000FFFF00000100007F:D460 01 00000000:00000000 00:00000000 00000000     0        0 6465206 1 00000000c00010a3 20 0 0 10 -1
   7: B80D0120000000000000000001000000:0050 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 7 1 00000000c00010a3 20 0 0 10 -1
`;
const UNIX = `Num       RefCount Protocol Flags    Type St Inode Path
00000000357c9fe3: 00000002 00000000 00010000 0001 01 5981494 /tmp/h1/s.sock.23950.tmp
000000005b4344dc: 00000003 00000000 00000000 0001 03 6256999
00000000c8a68e2e: 00000002 00000000 00010000 0001 01     7 @abstract name
00000000bc036966: 00000002 00000000 00000000 0002 01 6125216 /run/datagram
`;

test('IPv4 sockets are named as people write them, with state, inode and queues', () => {
  assert.deepEqual(
    parseTcp(TCP, 'ipv4').map(({ local, peer, state, inode }) => [local, peer, state, inode]),
    [
      ['0.0.0.0:2024', '', 'listen', 651],
      ['127.0.0.1:59575', '', 'listen', 6465199],
      ['127.0.0.1:56068', '127.0.0.1:59575', 'established', 6465200],
      ['127.0.0.1:59575', '127.0.0.1:56069', 'syn-recv', 0],
      ['127.0.0.1:59575', '127.0.0.1:56070', 'other', 0],
    ],
  );
  const [, listening, open] = parseTcp(TCP, 'ipv4');
  assert.equal(listening?.receiveQueue, 3);
  assert.equal(open?.sendQueue, 16);
});

test('IPv6 sockets are written by RFC 5952, mapped ones with their IPv4 address', () => {
  assert.deepEqual(
    parseTcp(TCP6, 'ipv6').map(({ local }) => local),
    ['[::1]:55949', '[::]:42643', '[::ffff:127.0.0.1]:42643', '[2001:db8::1]:80'],
  );
});

test('IPv6 addresses are shortened as the platform shortens them', () => {
  const group = fc.oneof(fc.constant(0), fc.nat(0xffff));
  fc.assert(
    fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
      fc.pre(!groups.slice(0, 5).every((one) => one === 0));
      const bytes = groups.flatMap((one) => [one >> 8, one & 0xff]);
      const hex = [0, 4, 8, 12]
        .flatMap((at) => bytes.slice(at, at + 4).reverse())
        .map((byte) => byte.toString(16).padStart(2, '0'))
        .join('');
      const [socket] = parseTcp(`\n 0: ${hex}:0050 ${hex}:0000 0A 0:0 0 0 0 0 9 1`, 'ipv6');
      const full = groups.map((one) => one.toString(16)).join(':');
      assert.equal(socket?.local, `${new URL(`http://[${full}]`).hostname}:80`);
    }),
  );
});

test('of unix sockets the stream ones are told, listening or open, and paths may hold spaces', () => {
  assert.deepEqual(
    parseUnix(UNIX).map(({ local, state, inode }) => [local, state, inode]),
    [
      ['/tmp/h1/s.sock.23950.tmp', 'listen', 5981494],
      ['', 'established', 6256999],
      ['@abstract name', 'listen', 7],
    ],
  );
});

test('the name of a process may hold spaces and brackets', () => {
  const rest = 'S 12911 12911 5476 0 -1 4194304 97 0 0 0 0 0 0 0 20 0 1 0 568880 3133440';
  for (const name of ['(cat)', '(a) b (c)', '(tmux: server)', '(x) R 1 (y)']) {
    assert.deepEqual(parseStat(`12920 ${name} ${rest}`), {
      state: 'S',
      parentPid: 12911,
      startTicks: 568880,
    });
  }
});

test('the real user and group are read', () => {
  assert.deepEqual(parseOwner('Name:\tx\nUid:\t105\t0\t0\t0\nGid:\t109\t0\t0\t0\n'), {
    uid: 105,
    gid: 109,
  });
});

test('words end with NUL, and an empty word is a word', () => {
  assert.deepEqual(parseWords('haproxy\0-f\0\0x\0'), ['haproxy', '-f', '', 'x']);
  assert.deepEqual(parseWords(''), []);
});

test('a value in the environment may hold =', () => {
  assert.deepEqual(parseEnvironment('A=b=c\0junk\0E=\0'), { A: 'b=c', E: '' });
});
