import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeConnection } from '../../src/host/host.js';
import { certificateLosses } from '../../src/reload/certificate-facts.js';
import { startHitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';

const SILENT: RuntimeConnection = {
  ask: async () => '',
  askAll: async (commands) => commands.map(() => ''),
  close: () => undefined,
};

async function lossesAmong(count: number): Promise<readonly string[]> {
  const list = Array.from({ length: count }, (_, at) => `/certs/${at}.pem`).join('\n');
  const { host } = startHitless(new World());
  const losses = await certificateLosses(host, SILENT, list, { cwd: '/', startedMs: 0 });
  return losses.map(({ what, because }) => `${what}: ${because}`);
}

test('certificates that were not looked at are named, and how many', async () => {
  assert.deepEqual(await lossesAmong(500), []);
  assert.deepEqual(await lossesAmong(512), [
    'whatever was set at run time in 12 of 512 certificates: only the first 500 were compared with their files',
  ]);
});
