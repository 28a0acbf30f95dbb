import type { FileInfo } from '../../src/host/host.js';

/** What a name leads to; hard links are several names of one node. */
export interface Node {
  readonly content: Buffer;
  readonly mode: number;
  readonly modifiedMs: number;
  /** Inode of the listening socket, for a unix socket. */
  readonly socket: number | undefined;
}

/** Files by absolute path; folders are there as soon as something is in them. */
export class FileTree {
  readonly #nodes = new Map<string, Node>();
  #writes = 0;

  read(path: string): Buffer | undefined {
    return this.#nodes.get(path)?.content;
  }

  text(path: string): string | undefined {
    return this.read(path)?.toString('utf8');
  }

  node(path: string): Node | undefined {
    return this.#nodes.get(path);
  }

  paths(): readonly string[] {
    return [...this.#nodes.keys()].sort();
  }

  info(path: string): FileInfo | undefined {
    const node = this.#nodes.get(path);
    const directory = node === undefined && this.list(path).length > 0;
    if (node === undefined && !directory) return undefined;
    return {
      mode: node?.mode ?? 0o755,
      uid: 0,
      gid: 0,
      modifiedMs: node?.modifiedMs ?? 0,
      changedMs: node?.modifiedMs ?? 0,
      version: `${path} ${node?.modifiedMs ?? 0}`,
      directory,
    };
  }

  list(folder: string): readonly string[] {
    const names = this.paths()
      .filter((path) => path.startsWith(`${folder}/`))
      .map((path) => path.slice(folder.length + 1).split('/')[0] ?? '');
    return [...new Set(names)];
  }

  write(path: string, content: string | Buffer, mode = 0o644): void {
    const modifiedMs = (this.#writes += 1);
    this.#nodes.set(path, { content: Buffer.from(content), mode, modifiedMs, socket: undefined });
  }

  append(path: string, content: string): void {
    this.write(path, `${this.text(path) ?? ''}${content}`, 0o600);
  }

  bindSocket(path: string, socket: number): void {
    this.#nodes.set(path, { content: Buffer.alloc(0), mode: 0o600, modifiedMs: 0, socket });
  }

  remove(path: string): void {
    for (const name of this.paths()) {
      if (name === path || name.startsWith(`${path}/`)) this.#nodes.delete(name);
    }
  }

  link(path: string, second: string): void {
    this.#nodes.delete(second);
    const node = this.#nodes.get(path);
    if (node !== undefined) this.#nodes.set(second, node);
  }

  /** rename(2): nothing happens when both names are links of one file already. */
  rename(from: string, to: string): void {
    const node = this.#nodes.get(from);
    if (node === undefined || node === this.#nodes.get(to)) return;
    this.#nodes.set(to, node);
    this.#nodes.delete(from);
  }
}
