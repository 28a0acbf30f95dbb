import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Host, Socket } from '../../src/host/host.js';
import { forgetStale } from '../../src/host/stale-flows.js';

const LIST = [
  flow('ESTABLISHED', '10.0.0.2', 4711, '10.0.0.1'),
  flow('ESTABLISHED', '10.0.0.2', 4712, '10.0.0.1'),
  flow('CLOSE', '10.0.0.2', 4713, '10.0.0.1'),
  flow('TIME_WAIT', '10.0.0.2', 4714, '10.0.0.1'),
  flow('ESTABLISHED', '10.0.0.1', 4715, '10.0.0.9'),
].join('\n');

function flow(state: string, from: string, port: number, to: string): string {
  return `tcp      6 9 ${state} src=${from} dst=${to} sport=${port} dport=80 src=${to} dst=${from} sport=18000 dport=${port} mark=0 use=1`;
}

/** A host that answers for ip(8) and conntrack(8), and keeps what it was told to delete. */
function hostWith(connections: readonly Socket[]): { host: Host; deleted: string[] } {
  const deleted: string[] = [];
  const run: Host['run'] = async ({ argv }) => {
    if (argv[0] === 'ip')
      return await answer('[{"ifname":"eth0","addr_info":[{"local":"10.0.0.1"}]}]');
    if (argv.includes('--dump')) return await answer(LIST);
    deleted.push(argv[argv.indexOf('--orig-port-src') + 1] ?? '');
    return await answer('');
  };
  const sockets = { connections: async () => connections } as unknown as Host['sockets'];
  return { host: { run, sockets } as unknown as Host, deleted };
}

async function answer(stdout: string) {
  return { code: 0, stdout, stderr: '' };
}

function connection(local: string, peer: string): Socket {
  return { family: 'ipv4', state: 'established', local, peer, inode: 1, receiveQueue: 0 } as Socket;
}

test('forgotten is what no connection has, of this machine, and not what a SYN opens anew', async () => {
  const { host, deleted } = hostWith([
    connection('10.0.0.1:80', '10.0.0.2:4711'),
    // A connection to another port of this machine has nothing to do with it.
    connection('10.0.0.1:22', '10.0.0.2:4712'),
  ]);
  const forgotten = await forgetStale(host, 1, { ports: [80], listening: [80] });
  assert.equal(forgotten, 2);
  assert.deepEqual(deleted, ['4712', '4713']);
});

test('a client over IPv4 of a socket for both families is known', async () => {
  const { host, deleted } = hostWith([
    connection('[::ffff:10.0.0.1]:80', '[::ffff:10.0.0.2]:4711'),
    connection('[::ffff:10.0.0.1]:80', '[::ffff:10.0.0.2]:4712'),
    connection('[::ffff:10.0.0.1]:80', '[::ffff:10.0.0.2]:4713'),
  ]);
  assert.equal(await forgetStale(host, 1, { ports: [80], listening: [80] }), 0);
  assert.deepEqual(deleted, []);
});
