import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../../src/cli/main.js';
import { COMMANDS } from '../../src/cli/registry.js';
import { fakeIo } from '../fakes/io.js';

async function scriptFor(shell: string): Promise<string> {
  const io = fakeIo();
  await main(['completion', shell], io);
  assert.equal(io.err(), '');
  return io.out();
}

test('every shell is offered every command', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const script = await scriptFor(shell);
    for (const name of Object.keys(COMMANDS))
      assert.match(script, new RegExp(`\\b${name}\\b`), shell);
  }
});

test('options are offered where they count', async () => {
  const script = await scriptFor('bash');
  const words = (name: string): readonly string[] =>
    new RegExp(`^ {4}${name}\\) words="(.*)" ;;$`, 'm').exec(script)?.[1]?.split(' ') ?? [];
  assert.ok(words('reload').includes('--allow-loss'));
  assert.ok(words('set').includes('balance') && words('set').includes('--dry-run'));
  assert.ok(words('status').includes('--watch') && !words('status').includes('--allow-loss'));
  for (const name of Object.keys(COMMANDS)) assert.ok(words(name).includes('--help'), name);
});

test('a summary does not end the quotes that it stands in', async () => {
  const script = await scriptFor('fish');
  for (const line of script.split('\n'))
    assert.equal(line.replace(/[^']/g, '').length % 2, 0, line);
});
