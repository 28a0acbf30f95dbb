import assert from 'node:assert/strict';
import { test } from 'node:test';
import { awaitLetGo } from '../../src/host/let-go.js';
import { startHitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';

const CLIENT = 'src=10.0.0.2 dst=10.0.0.1 sport=4711 dport=80';
const REPLY = 'src=10.0.0.1 dst=10.0.0.2 sport=18000 dport=4711';

async function unfinished(state: string, wholly: boolean) {
  const world = new World();
  const { host } = startHitless(world);
  const begun = host.clock.now();
  world.programs.set('conntrack', () => {
    const forgotten = host.clock.now() > begun + FORGOTTEN_AFTER_MS;
    const stdout = forgotten ? '' : `tcp      6 9 ${state} ${CLIENT} ${REPLY} mark=0 use=1\n`;
    return { code: 0, stdout, stderr: '' };
  });
  const queues = { namespaceOf: host.self.pid, ports: [18_000] };
  const left = await awaitLetGo(host, queues, { timeoutMs: 65_000, wholly });
  return { left, waitedMs: host.clock.now() - begun };
}

const FORGOTTEN_AFTER_MS = 10_000;

test('an instance listens until no client that comes again from its port would be led to it', async () => {
  for (const state of ['CLOSE', 'LAST_ACK', 'FIN_WAIT', 'CLOSE_WAIT', 'ESTABLISHED']) {
    const { left, waitedMs } = await unfinished(state, true);
    assert.equal(left, 0, state);
    assert.ok(waitedMs > FORGOTTEN_AFTER_MS, state);
  }
});

test('an entry that a SYN opens anew is not waited for, and others only where it is asked', async () => {
  const cases = [['TIME_WAIT', true] as const, ['CLOSE', false] as const];
  for (const [state, wholly] of cases) {
    const { left, waitedMs } = await unfinished(state, wholly);
    assert.equal(left, 0, state);
    assert.ok(waitedMs < FORGOTTEN_AFTER_MS, state);
  }
});

test('while all that is under way has a socket, the list of connection tracking is left alone', async () => {
  const world = new World();
  const { host } = startHitless(world);
  let looks = 0;
  world.programs.set('conntrack', () => {
    looks += 1;
    return { code: 0, stdout: `tcp      6 9 SYN_RECV ${CLIENT} ${REPLY}\n`, stderr: '' };
  });
  world.handshakes = [{ local: '10.0.0.1:18000', peer: '10.0.0.2:4711' }];
  world.clock.after(2_000, () => {
    world.handshakes = [];
  });
  const queues = { namespaceOf: host.self.pid, ports: [18_000] };
  assert.equal(await awaitLetGo(host, queues, { timeoutMs: 65_000 }), 0);
  assert.equal(looks, 1);
});
