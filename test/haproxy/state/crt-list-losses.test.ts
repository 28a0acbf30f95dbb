import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCrtList, parseShowCrtList } from '../../../src/haproxy/runtime/crt-lists.js';
import { crtListLosses, type CrtListLosses } from '../../../src/haproxy/state/crt-list-losses.js';

const PATH = '/etc/names.list';

function lost(shown: string, edited = false): CrtListLosses {
  const files = parseCrtList('# x\n/a.pem\n/b.pem [alpn h2] b.test\n', undefined);
  const running = parseShowCrtList(`# ${PATH}\n${shown}\n`);
  assert.ok(files.kind === 'entries' && running?.kind === 'entries');
  const list = { name: PATH, running: running.entries, files: files.entries, edited };
  return crtListLosses({ crtLists: [list] });
}

test('a crt-list that is as its file has it loses nothing', () => {
  for (const edited of [false, true]) {
    const none = { losses: [], notes: [] };
    assert.deepEqual(lost('/a.pem:2\n/b.pem:3 [alpn h2\0] b.test\n', edited), none);
  }
});

test('entries of a crt-list that were added and deleted at run time are counted as lost', () => {
  const { losses, notes } = lost('/a.pem:2\n/b.pem:4 b.test\n');
  assert.deepEqual(
    losses.map(({ what }) => what),
    [`2 entries of the crt-list ${PATH}`],
  );
  assert.deepEqual(notes, []);
});

test('a crt-list that was edited since counts as its file says, with a note', () => {
  const { losses, notes } = lost('/a.pem:2\n', true);
  assert.deepEqual(losses, []);
  assert.match(notes.join(), /has been edited since HAProxy read it/);
});
