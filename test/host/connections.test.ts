import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { sockets } from '../../src/host/node/sockets.js';

const NOBODY = 2 ** 30;

/** Runs `act` with an ss that fails as it does without its kernel modules. */
async function withFailingSs(act: () => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  const path = process.env['PATH'];
  writeFileSync(join(folder, 'ss'), '#!/bin/sh\necho "Cannot open netlink socket" >&2\nexit 1\n');
  chmodSync(join(folder, 'ss'), 0o755);
  process.env['PATH'] = `${folder}:${path ?? ''}`;
  try {
    await act();
  } finally {
    process.env['PATH'] = path;
    rmSync(folder, { recursive: true });
  }
}

test('an ss that fails is an error, and never "no connection is open"', async () => {
  await withFailingSs(async () => {
    await assert.rejects(
      async () => await sockets.connections(process.pid),
      /ss does not say which connections are open: Cannot open netlink socket/,
    );
  });
});

test('a process that has ended has no connections', async () => {
  await withFailingSs(async () => {
    const open = await sockets.connections(NOBODY);
    assert.deepEqual(
      open.filter(({ family }) => family !== 'unix'),
      [],
    );
  });
});
