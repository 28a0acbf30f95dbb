import { isAbsolute, join } from 'node:path';
import { KEPT_FOLDER } from '../haproxy/kept.js';
import { lookAtReferenced, type SeenFile } from '../haproxy/referenced-files.js';
import type { Host } from '../host/host.js';
import { sha256 } from '../host/sha256.js';
import type { EntriesToWrite } from '../methods/facts.js';
import type { ProcessRef } from '../steps/definition.js';
import type { Step } from '../steps/registry.js';
import type { Plan } from './plan.js';
import type { Examined } from './prepare.js';

/** A file that the plan itself writes before the new process reads it. */
export type Rewritten = Pick<EntriesToWrite, 'path' | 'wanted'>;

type Kept = Pick<Examined, 'config' | 'edits'> & {
  readonly check: Pick<Examined['check'], 'files' | 'cwd' | 'stateDir'>;
};

/**
 * The step that keeps the examined configuration, edits included, as what a process runs; nothing
 * for a dry run, which has no folder to keep it in.
 */
export async function keepSteps(
  host: Host,
  { config, edits, check }: Kept,
  process: ProcessRef,
  rewritten: readonly Rewritten[] = [],
): Promise<readonly Step[]> {
  if (check.stateDir === null) return [];
  const seen = await lookAtReferenced(host, config, check.cwd);
  const own = new Map(rewritten.map(({ path, wanted }) => [path, wanted]));
  const referenced = await Promise.all(
    seen.map(async (file): Promise<SeenFile> => {
      const content = own.get(isAbsolute(file.name) ? file.name : join(check.cwd, file.name));
      if (content === undefined) return file;
      return { name: file.name, version: null, sha256: await sha256(content) };
    }),
  );
  const files = await Promise.all(
    check.files.map(async (file) => {
      const content = edits.find((edit) => edit.file === file)?.content ?? file.content;
      return { path: file.path, absolutePath: file.absolutePath, sha256: await sha256(content) };
    }),
  );
  return [
    {
      kind: 'keep-config',
      id: 'keep',
      process,
      folder: `${check.stateDir}/${KEPT_FOLDER}`,
      cwd: check.cwd,
      files,
      referenced,
    },
  ];
}

/** Keeps it for the process that serves in the end, as soon as the plan has started that one. */
export async function withKept(
  host: Host,
  plan: Plan,
  examined: Examined,
  rewritten: readonly Rewritten[],
): Promise<Plan> {
  const [startedBy] = plan.starts;
  if (startedBy === undefined) return plan;
  const steps = await keepSteps(host, examined, { startedBy }, rewritten);
  const inHandOver = plan.handOver.some(({ id }) => id === startedBy);
  return inHandOver
    ? { ...plan, handOver: [...plan.handOver, ...steps] }
    : { ...plan, retire: [...plan.retire, ...steps] };
}
