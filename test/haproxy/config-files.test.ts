import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HitlessError } from '../../src/error.js';
import { readConfigFiles } from '../../src/haproxy/config-files.js';
import type { Files, Host } from '../../src/host/host.js';

type Entry = string | readonly string[] | { readonly code: string };

/** A host of which only files are asked: text, the names in a folder, or why it cannot be read. */
function hostWith(tree: Readonly<Record<string, Entry>>): Host {
  const at = (path: string): string | readonly string[] | undefined => {
    const entry = Object.hasOwn(tree, path) ? tree[path] : undefined;
    if (typeof entry === 'object' && 'code' in entry) throw Object.assign(new Error(), entry);
    return entry;
  };
  const files: Pick<Files, 'read' | 'info' | 'list'> = {
    read: async (path) => {
      const text = at(path);
      return typeof text === 'string' ? Buffer.from(text) : undefined;
    },
    info: async (path) => {
      // A file that may not be read can still be looked at.
      const entry = Object.hasOwn(tree, path) ? tree[path] : undefined;
      if (entry === undefined) return undefined;
      const directory = Array.isArray(entry) || path.endsWith('.d');
      return { mode: 0o644, modifiedMs: 0, changedMs: 0, version: '', uid: 0, gid: 0, directory };
    },
    list: async (path) => {
      const names = at(path);
      return Array.isArray(names) ? names : [];
    },
  };
  return { files } as Host;
}

test('a folder gives its visible .cfg files, in order, where it is named', async () => {
  const host = hostWith({
    '/etc/a.cfg': 'global\n',
    '/etc/conf.d': ['10.cfg', '9.cfg', 'B.cfg', 'note.txt', 'old.cfg~', 'sub.cfg'],
    '/etc/conf.d/10.cfg': 'a\n',
    '/etc/conf.d/9.cfg': 'b\n',
    '/etc/conf.d/B.cfg': 'c\n',
    '/etc/conf.d/sub.cfg': [],
    '/etc/z': 'd\n',
  });
  const files = await readConfigFiles(host, ['z', 'conf.d', '/etc/a.cfg'], '/etc');
  assert.deepEqual(
    files.map(({ path, absolutePath }) => [path, absolutePath]),
    [
      ['z', '/etc/z'],
      ['conf.d/10.cfg', '/etc/conf.d/10.cfg'],
      ['conf.d/9.cfg', '/etc/conf.d/9.cfg'],
      ['conf.d/B.cfg', '/etc/conf.d/B.cfg'],
      ['/etc/a.cfg', '/etc/a.cfg'],
    ],
  );
});

/** Title, files, what is named in the error, what it says. */
const REFUSALS: readonly (readonly [string, Readonly<Record<string, Entry>>, string, RegExp])[] = [
  ['a file that is not there', {}, '/c', /no such file or folder/],
  ['a file that may not be read', { '/c': { code: 'EACCES' } }, '/c', /cannot be read \(EACCES\)/],
  [
    'a folder that may not be read',
    { '/c': ['a.cfg'], '/c/a.cfg': { code: 'EIO' } },
    '/c/a.cfg',
    /EIO/,
  ],
  ['a file that goes while the folder is read', { '/c': ['a.cfg'] }, '/c/a.cfg', /no such file/],
];

for (const [title, tree, subject, message] of REFUSALS) {
  test(`refused: ${title}`, async () => {
    await assert.rejects(readConfigFiles(hostWith(tree), ['/c'], '/'), (error: unknown) => {
      assert.ok(error instanceof HitlessError);
      assert.deepEqual([error.code, error.subject], ['config-unreadable', subject]);
      assert.match(error.message, message);
      return true;
    });
  });
}

test('refused: a folder that cannot be listed', async () => {
  const host = hostWith({ '/c.d': { code: 'EACCES' } });
  await assert.rejects(readConfigFiles(host, ['/c.d'], '/'), /cannot be read \(EACCES\)/);
});
