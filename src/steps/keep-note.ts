import type { StepDefinition } from './definition.js';

/** Writes a small file of our own, or removes it (`null`); undo puts the former content back. */
export interface KeepNote {
  readonly kind: 'keep-note';
  readonly id: string;
  readonly path: string;
  readonly content: string | null;
  readonly summary: string;
}

export const keepNote: StepDefinition<KeepNote> = {
  effect: 'reversible',
  describe: ({ summary }) => summary,
  prepare: async ({ path }, { host }) => ({
    former: (await host.files.read(path))?.toString('utf8') ?? null,
  }),
  apply: async ({ path, content }, { host }) => {
    if (content === null) await host.files.remove(path);
    else await host.files.replace(path, Buffer.from(content), 0o600);
    return undefined;
  },
  verify: async ({ path, content }, { host }) => {
    const seen = (await host.files.read(path))?.toString('utf8') ?? null;
    return seen === content ? undefined : `${path} has other content`;
  },
  undo: async ({ id, path }, { host, before }) => {
    const { former } = before(id);
    if (typeof former === 'string') await host.files.replace(path, Buffer.from(former), 0o600);
    else if (former === null) await host.files.remove(path);
  },
};
