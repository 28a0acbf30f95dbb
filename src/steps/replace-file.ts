import { refused } from '../error.js';
import { sha256 } from '../host/sha256.js';
import { removeTorn } from '../host/torn.js';
import type { StepDefinition } from './definition.js';

export { sha256 };

/** Writes a new content into a configuration file; everything else about the file stays. */
export interface ReplaceFile {
  readonly kind: 'replace-file';
  readonly id: string;
  readonly path: string;
  /** What the file must hold before: somebody else's change is never overwritten. */
  readonly formerSha256: string;
  readonly contentBase64: string;
  /** What changes, in words: `balance roundrobin -> leastconn`. */
  readonly summary: string;
}

export const replaceFile: StepDefinition<ReplaceFile> = {
  effect: 'reversible',
  describe: (step) => `write ${step.path} (${step.summary})`,
  prepare: async (step, { host }) => {
    const former = await host.files.read(step.path);
    if (former === undefined || (await sha256(former)) !== step.formerSha256) {
      throw refused('config-changed', `${step.path} has changed since it was read`, {
        subject: step.path,
        hint: 'somebody else edits it too: look at the file and run the command again',
      });
    }
    return { formerBase64: former.toString('base64') };
  },
  apply: async (step, { host }) => {
    await host.files.replace(step.path, Buffer.from(step.contentBase64, 'base64'));
    return undefined;
  },
  verify: async (step, { host }) => {
    const seen = await host.files.read(step.path);
    const wanted = Buffer.from(step.contentBase64, 'base64');
    return seen?.equals(wanted) === true ? undefined : `${step.path} holds something else`;
  },
  undo: async (step, { host, before }) => {
    await removeTorn(host, step.path);
    const { formerBase64 } = before(step.id);
    if (typeof formerBase64 !== 'string') return;
    const seen = await host.files.read(step.path);
    // Only our own change is taken back: an edit made since then stays.
    if (seen?.equals(Buffer.from(step.contentBase64, 'base64')) !== true) return;
    await host.files.replace(step.path, Buffer.from(formerBase64, 'base64'));
  },
};
