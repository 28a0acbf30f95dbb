import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replaceFile, sha256, type ReplaceFile } from '../../src/steps/replace-file.js';
import { startHitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';
import { contextOf } from './context.js';

const STEP: ReplaceFile = {
  kind: 'replace-file',
  id: 'edit',
  path: '/etc/a.cfg',
  formerSha256: await sha256(Buffer.from('old\n')),
  contentBase64: Buffer.from('new\n').toString('base64'),
  summary: 'old -> new',
};

function machine(content: string) {
  const world = new World();
  world.files.write(STEP.path, content, 0o640);
  const { host } = startHitless(world);
  const before = { edit: { formerBase64: Buffer.from('old\n').toString('base64') } };
  return { world, context: contextOf(host, { before }) };
}

test('a file that somebody has changed since it was read is not overwritten', async () => {
  const { world, context } = machine('theirs\n');
  await assert.rejects(async () => await replaceFile.prepare?.(STEP, context), {
    code: 'config-changed',
  });
  assert.equal(world.files.text(STEP.path), 'theirs\n');
});

test('the new content is written, seen, and taken back, with the mode kept', async () => {
  const { world, context } = machine('old\n');
  await replaceFile.apply(STEP, context);
  assert.equal(await replaceFile.verify(STEP, context), undefined);
  assert.equal(world.files.info(STEP.path)?.mode, 0o640);
  await replaceFile.undo?.(STEP, context);
  assert.equal(world.files.text(STEP.path), 'old\n');
  assert.match((await replaceFile.verify(STEP, context)) ?? '', /holds something else/);
});

test('an edit that somebody made after ours is not taken back', async () => {
  const { world, context } = machine('theirs\n');
  await replaceFile.undo?.(STEP, context);
  assert.equal(world.files.text(STEP.path), 'theirs\n');
});

test('what a killed hitless left beside the file goes, what a living one writes stays', async () => {
  const { world, context } = machine('old\n');
  world.files.write('/etc/a.cfg.hitless-99', 'to');
  world.files.write(`/etc/a.cfg.hitless-${context.host.self.pid}`, 'tor');
  world.files.write('/etc/a.cfg.hitless-notes', 'the user has named it so');
  await replaceFile.undo?.(STEP, context);
  assert.deepEqual(world.files.list('/etc'), [
    'a.cfg',
    `a.cfg.hitless-${context.host.self.pid}`,
    'a.cfg.hitless-notes',
  ]);
});
