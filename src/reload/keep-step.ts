import { KEPT_FOLDER } from '../haproxy/kept.js';
import { readReferenced } from '../haproxy/referenced-files.js';
import type { Host } from '../host/host.js';
import { sha256 } from '../host/sha256.js';
import type { ProcessRef } from '../steps/definition.js';
import type { Step } from '../steps/registry.js';
import type { Plan } from './plan.js';
import type { Examined } from './prepare.js';

/**
 * The step that keeps the examined configuration, edits included, as what a process runs; nothing
 * for a dry run, which has no folder to keep it in.
 */
export async function keepSteps(
  host: Host,
  { config, edits, check }: Pick<Examined, 'config' | 'edits' | 'check'>,
  process: ProcessRef,
): Promise<readonly Step[]> {
  if (check.stateDir === null) return [];
  const referenced = await readReferenced(host, config, check.cwd);
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
      referenced: [...referenced.values()].map((file) => ({
        name: file.name,
        sha256: file.sha256,
      })),
    },
  ];
}

/** Keeps it for the process that serves in the end, as soon as the plan has started that one. */
export async function withKept(host: Host, plan: Plan, examined: Examined): Promise<Plan> {
  const [startedBy] = plan.starts;
  if (startedBy === undefined) return plan;
  const steps = await keepSteps(host, examined, { startedBy });
  const inHandOver = plan.handOver.some(({ id }) => id === startedBy);
  return inHandOver
    ? { ...plan, handOver: [...plan.handOver, ...steps] }
    : { ...plan, retire: [...plan.retire, ...steps] };
}
