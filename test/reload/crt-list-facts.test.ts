import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolve } from '../../src/haproxy/config/resolve.js';
import type { RuntimeConnection } from '../../src/host/host.js';
import { gatherCrtLists, type CrtListFacts } from '../../src/reload/crt-list-facts.js';
import { startHitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';

const PATH = '/etc/names.list';
const FILE = '# x\n/a.pem\n/b.pem [alpn h2] b.test\n';

async function facts(shown: string, startedMs: number, file = FILE): Promise<CrtListFacts> {
  const world = new World();
  world.files.write(PATH, file);
  const { host } = startHitless(world);
  const ask = async (command: string): Promise<string> =>
    command === `show ssl crt-list -n ${PATH}` ? shown : '';
  const connection: RuntimeConnection = {
    ask,
    askAll: async (commands) => await Promise.all(commands.map(ask)),
    close: () => undefined,
  };
  const input = { config: resolve([]), startedMs };
  return await gatherCrtLists(host, connection, `${PATH}\n/etc/certs\n`, input);
}

const LATER = Number.MAX_SAFE_INTEGER;

test('a list that is as its file has it loses nothing', async () => {
  const shown = `# ${PATH}\n/a.pem:2\n/b.pem:3 [alpn h2\0] b.test\n\n`;
  assert.deepEqual(await facts(shown, LATER), { losses: [], notes: [] });
});

test('entries that were added and deleted at run time are counted as lost', async () => {
  const shown = `# ${PATH}\n/a.pem:2\n/b.pem:4 b.test\n\n`;
  const { losses } = await facts(shown, LATER);
  assert.deepEqual(
    losses.map(({ what }) => what),
    [`2 entries of the crt-list ${PATH}`],
  );
});

test('a list that was edited since counts as its file says, with a note', async () => {
  const { losses, notes } = await facts(`# ${PATH}\n/a.pem:2\n\n`, 0);
  assert.deepEqual(losses, []);
  assert.match(notes.join(), /has been edited since HAProxy read it/);
});

test('what may not be shown, or not be compared, is passed over', async () => {
  const none = { losses: [], notes: [] };
  assert.deepEqual(await facts('Permission denied\n', LATER), none);
  const odd = await facts(`# ${PATH}\n/a.pem:2\n\n`, LATER, '/a.pem [npn h2]\n');
  assert.deepEqual(odd, none);
});
