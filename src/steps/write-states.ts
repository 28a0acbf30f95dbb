import { removeTorn } from '../host/torn.js';
import type { StateFile } from '../haproxy/state/server-plan.js';
import type { StepDefinition } from './definition.js';

/** Writes the server-state files that the next process reads when it starts. */
export interface WriteStates {
  readonly kind: 'write-states';
  readonly id: string;
  readonly files: readonly StateFile[];
}

/** Addresses of servers are nobody else's business; HAProxy reads them before it drops privileges. */
const MODE = 0o600;

export const writeStates: StepDefinition<WriteStates> = {
  effect: 'reversible',
  describe: ({ files }) =>
    `write the states of the servers into ${files.map(({ path }) => path).join(', ')}`,
  prepare: async ({ files }, { host }) => {
    const former = await Promise.all(files.map(async ({ path }) => await host.files.read(path)));
    return { former: former.map((content) => content?.toString('base64') ?? null) };
  },
  apply: async ({ files }, { host }) => {
    for (const { path, contentBase64 } of files) {
      await host.files.replace(path, Buffer.from(contentBase64, 'base64'), MODE);
    }
    return undefined;
  },
  // Other tools write the same file when they please: that it was written is all that can be said.
  verify: async ({ files }, { host }) => {
    for (const { path } of files) {
      if ((await host.files.read(path)) === undefined) return `${path} is not there`;
    }
    return undefined;
  },
  undo: async ({ files, id }, { host, before }) => {
    const { former } = before(id);
    const contents: readonly unknown[] = Array.isArray(former) ? former : [];
    for (const [at, { path, contentBase64 }] of files.entries()) {
      await removeTorn(host, path);
      const seen = await host.files.read(path);
      // Only our own content is taken back.
      if (seen?.equals(Buffer.from(contentBase64, 'base64')) !== true) continue;
      const content = contents[at];
      if (typeof content !== 'string') await host.files.remove(path);
      else await host.files.replace(path, Buffer.from(content, 'base64'), MODE);
    }
  },
};
