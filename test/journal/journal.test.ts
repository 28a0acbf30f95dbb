import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mendJournal, openJournal, readJournal } from '../../src/journal/journal.js';
import { startHitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';

const PATH = '/state/runs/r1/journal';

async function written(): Promise<{ world: World; host: ReturnType<typeof startHitless>['host'] }> {
  const world = new World();
  const { host } = startHitless(world);
  const journal = openJournal(host, '/state', 'r1');
  await journal.write({ type: 'begin', step: 'a', before: {} });
  await journal.write({ type: 'undone', step: 'a' });
  return { world, host };
}

test('a torn end is cut off, so that the next record can be read', async () => {
  const { world, host } = await written();
  world.files.append(PATH, 'deadbeef {"type":"en');
  await mendJournal(host, '/state', 'r1');
  await openJournal(host, '/state', 'r1').write({ type: 'handed-over', atMs: 1 });
  const types = (await readJournal(host, '/state', 'r1')).map(({ type }) => type);
  assert.deepEqual(types, ['begin', 'undone', 'handed-over']);
});

test('a whole journal is left as it is', async () => {
  const { world, host } = await written();
  const before = world.files.node(PATH);
  await mendJournal(host, '/state', 'r1');
  assert.equal(world.files.node(PATH), before);
});

test('a damaged line in the middle stops everything and names its place', async () => {
  const { world, host } = await written();
  world.files.write(PATH, (world.files.text(PATH) ?? '').replace('begin', 'begun'));
  await assert.rejects(readJournal(host, '/state', 'r1'), {
    code: 'journal-damaged',
    subject: `${PATH}:1`,
  });
  await assert.rejects(mendJournal(host, '/state', 'r1'), { code: 'journal-damaged' });
});

test('a journal that cannot be written says so with its path', async () => {
  const { host } = startHitless(new World(), { kind: 'failure', at: 1 });
  const writing = openJournal(host, '/state', 'r1').write({ type: 'undone', step: 'a' });
  await assert.rejects(writing, { code: 'journal-unwritable', subject: PATH });
});
