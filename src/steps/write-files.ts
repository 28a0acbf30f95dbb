import type { Host } from '../host/host.js';
import { removeTorn } from '../host/torn.js';
import type { StepContext, StepDefinition } from './definition.js';

/** Writes files that only the next instance reads, each beside the one that it was made from. */
export interface WriteFiles {
  readonly kind: 'write-files';
  readonly id: string;
  readonly files: readonly GeneratedFile[];
}

export interface GeneratedFile {
  readonly path: string;
  readonly contentBase64: string;
  readonly mode: number;
}

export const writeFiles: StepDefinition<WriteFiles> = {
  effect: 'reversible',
  describe: ({ files }) => `write ${files.map(({ path }) => path).join(', ')}`,
  apply: async ({ files }, { host }) => {
    for (const { path, contentBase64, mode } of files) {
      await host.files.replace(path, Buffer.from(contentBase64, 'base64'), mode);
    }
    return undefined;
  },
  verify: async ({ files }, { host }) => {
    for (const { path, contentBase64 } of files) {
      const seen = await host.files.read(path);
      if (seen?.equals(Buffer.from(contentBase64, 'base64')) !== true) {
        return `${path} holds something else`;
      }
    }
    return undefined;
  },
  undo: async (step, context) => await remove(step, context),
};

async function remove({ files }: WriteFiles, { host }: StepContext): Promise<void> {
  for (const { path } of files) {
    await removeTorn(host, path);
    if (await isRead(host, path)) continue;
    await host.files.remove(path);
  }
}

/** An instance that has to stay after all needs its file for the next flip. */
async function isRead(host: Host, path: string): Promise<boolean> {
  const all = await host.processes.named('');
  return all.some(({ argv }) => argv.some((word) => word.includes(path)));
}
