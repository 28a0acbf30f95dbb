import type { Files } from '../../src/host/host.js';
import type { Effects } from './effects.js';
import type { FileTree } from './file-tree.js';

/** The file part of the port, each writing call one effect that can be cut in half. */
export function fakeFiles(tree: FileTree, effects: Effects, pid: number): Files {
  const write = (label: string, apply: () => void, half?: () => void): void =>
    effects.do({ label, apply, failure: noSpace, ...(half === undefined ? {} : { half }) });
  const look = <T>(read: () => T): T => {
    effects.alive();
    return read();
  };
  return {
    read: async (path) => look(() => tree.read(path)),
    info: async (path) => look(() => tree.info(path)),
    list: async (path) => look(() => tree.list(path)),
    resolve: async (path) => look(() => path),
    replace: async (path, content, mode) => {
      const temporary = `${path}.hitless-${pid}`;
      const apply = (): void => {
        tree.write(temporary, content, tree.info(path)?.mode ?? mode);
        tree.rename(temporary, path);
      };
      write(`replace ${path}`, apply, () => tree.write(temporary, content.subarray(0, 3)));
    },
    append: async (path, content) =>
      write(
        `append ${path} ${content.slice(9, 60).trim()}`,
        () => tree.append(path, content),
        () => tree.append(path, content.slice(0, content.length >> 1)),
      ),
    create: async (path, content) => {
      if (look(() => tree.info(path)) !== undefined) return false;
      write(
        `create ${path}`,
        () => tree.write(path, content),
        () => tree.write(path, ''),
      );
      return true;
    },
    appended: async (path, from) =>
      look(() => {
        const content = tree.read(path);
        if (content === undefined) return undefined;
        const text = from === null ? '' : content.subarray(from).toString('utf8');
        return { sizeBytes: content.length, text };
      }),
    remove: async (path) => write(`remove ${path}`, () => tree.remove(path)),
    link: async (path, second) => write(`link ${path} ${second}`, () => tree.link(path, second)),
    moveOver: async (from, to) => write(`rename ${from} ${to}`, () => tree.rename(from, to)),
  };
}

function noSpace(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
}
