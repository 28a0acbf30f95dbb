import assert from 'node:assert/strict';
import { test } from 'node:test';
import { trackHalfOpen } from '../../src/host/half-open.js';
import type { Command, Host, Socket } from '../../src/host/host.js';

const HALF_OPEN = [
  socket('syn-recv', '10.0.0.1:80', '10.0.0.2:4711'),
  socket('syn-recv', '[::ffff:10.0.0.1]:80', '[::ffff:10.0.0.2]:4712'),
  socket('syn-recv', '[fd00::1]:80', '[fd00::2]:4713'),
];
const OTHERS = [
  socket('established', '10.0.0.1:80', '10.0.0.2:4714'),
  socket('syn-recv', '10.0.0.1:443', '10.0.0.2:4715'),
];

function socket(state: Socket['state'], local: string, peer: string): Socket {
  return { family: local.startsWith('[') ? 'ipv6' : 'ipv4', state, local, peer } as Socket;
}

/** A host whose conntrack(8) ends with these exit codes, and what it was called with. */
function hostWith(sockets: readonly Socket[], ...codes: readonly number[]) {
  const calls: Command[] = [];
  const run: Host['run'] = async (command) => {
    const code = codes[calls.push(command) - 1] ?? 0;
    return await Promise.resolve({ code, stdout: '', stderr: 'conntrack v1.4.6: no' });
  };
  const connections = async () => await Promise.resolve(sockets);
  return { host: { run, sockets: { connections } } as unknown as Host, calls };
}

test('what is half open on the ports is told, all at once', async () => {
  const { host, calls } = hostWith([...HALF_OPEN, ...OTHERS]);
  assert.equal(await trackHalfOpen(host, 7, [80]), 3);
  assert.deepEqual(calls[0]?.argv, ['sh', '-c', 'cat | conntrack --load-file -']);
  const added = '-A -p tcp --state SYN_RECV -u SEEN_REPLY -t 63';
  assert.deepEqual(calls[0]?.input?.split('\n'), [
    `${added} -s 10.0.0.2 --sport 4711 -d 10.0.0.1 --dport 80`,
    `${added} -s 10.0.0.2 --sport 4712 -d 10.0.0.1 --dport 80`,
    `${added} -s fd00::2 --sport 4713 -d fd00::1 --dport 80`,
    '',
  ]);
});

test('where nothing is half open nobody is called', async () => {
  const { host, calls } = hostWith(OTHERS);
  assert.equal(await trackHalfOpen(host, 7, [80]), 0);
  assert.equal(calls.length, 0);
});

test('a conntrack that reads no file is told one by one; what it knows already is no failure', async () => {
  const { host, calls } = hostWith(HALF_OPEN, 2, 0, 1, 0);
  assert.equal(await trackHalfOpen(host, 7, [80]), 3);
  assert.deepEqual(calls[1]?.argv.slice(0, 4), ['conntrack', '--create', '-p', 'tcp']);
  assert.equal(calls.length, 4);
});

test('a conntrack that refuses is a failure', async () => {
  const { host } = hostWith(HALF_OPEN, 2, 2);
  await assert.rejects(async () => await trackHalfOpen(host, 7, [80]), /v1\.4\.6: no/);
});
