import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { nodeHost } from '../../src/host/node/index.js';

test('a file shows another version once it is replaced or written, whatever its size and time say', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'hitless-'));
  const path = join(folder, 'a');
  const time = new Date('2020-01-01T00:00:00Z');
  const { files } = nodeHost();
  const version = async (): Promise<string | undefined> => (await files.info(path))?.version;
  try {
    await writeFile(path, 'one');
    await utimes(path, time, time);
    const first = await version();
    assert.equal(await version(), first);
    await writeFile(`${path}.new`, 'two');
    await utimes(`${path}.new`, time, time);
    await rename(`${path}.new`, path);
    const second = await version();
    assert.notEqual(second, first);
    await writeFile(path, 'three');
    await utimes(path, time, time);
    assert.notEqual(await version(), second);
    const info = await files.info(path);
    assert.equal(info?.modifiedMs, time.getTime());
    assert.ok((info?.changedMs ?? 0) > time.getTime());
  } finally {
    await rm(folder, { recursive: true });
  }
});
