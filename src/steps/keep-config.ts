import { isAbsolute, join } from 'node:path';
import { messageOf } from '../error.js';
import type { ReferencedFile } from '../haproxy/changes/referenced.js';
import { parse } from '../haproxy/config/document.js';
import { resolve } from '../haproxy/config/resolve.js';
import { keptName, printKept, processOfKept, type KeptFile } from '../haproxy/kept.js';
import { readReferenced, type SeenFile } from '../haproxy/referenced-files.js';
import type { ProcessId } from '../host/host.js';
import { sha256 } from '../host/sha256.js';
import { removeTorn } from '../host/torn.js';
import { processOf, type ProcessRef, type StepContext, type StepDefinition } from './definition.js';

/**
 * Keeps what a process was started with, for `hitless plan`. The content is read again and kept
 * only where it is still what the plan was made for: so no key of a certificate stands in the
 * journal, and what has changed since is known to be unknown. A reload does not fail for it.
 */
export interface KeepConfig {
  readonly kind: 'keep-config';
  readonly id: string;
  readonly process: ProcessRef;
  /** Where such files are. */
  readonly folder: string;
  readonly cwd: string;
  readonly files: readonly {
    readonly path: string;
    readonly absolutePath: string;
    readonly sha256: string;
  }[];
  /** Known again by their version, so that they are read and hashed once, here. */
  readonly referenced: readonly SeenFile[];
}

export const keepConfig: StepDefinition<KeepConfig> = {
  effect: 'reversible',
  describe: () => 'keep the configuration that now runs, for "hitless plan"',
  prepare: async (step, context) => {
    const path = knownPath(step);
    const former = path === undefined ? undefined : await context.host.files.read(path);
    return { former: former?.toString('utf8') ?? null };
  },
  apply: async (step, context) => {
    try {
      await forgetEnded(step.folder, context);
      const process = processOf(step.process, context);
      const path = `${step.folder}/${keptName(process)}`;
      const text = await contentOf(step, process, context);
      if (text === undefined) {
        await context.host.files.remove(path);
        return { kept: false, why: 'the files have changed meanwhile' };
      }
      // Makes the folder too.
      await context.host.files.append(path, '');
      await context.host.files.replace(path, Buffer.from(text), PRIVATE);
      return { kept: true };
    } catch (error) {
      return { kept: false, why: messageOf(error) };
    }
  },
  verify: async () => await Promise.resolve(undefined),
  undo: async (step, context) => {
    const { former } = context.before(step.id);
    const path = pathAfter(step, context);
    if (path === undefined) return;
    await removeTorn(context.host, path);
    if (typeof former === 'string') {
      await context.host.files.replace(path, Buffer.from(former), PRIVATE);
    } else await context.host.files.remove(path);
  },
};

/** It may hold keys of certificates. */
const PRIVATE = 0o600;

/** Of a process that was there before: the file may exist already. */
function knownPath({ folder, process }: KeepConfig): string | undefined {
  return 'pid' in process ? `${folder}/${keptName(process)}` : undefined;
}

/** Undefined when the process was never started. */
function pathAfter(step: KeepConfig, context: StepContext): string | undefined {
  try {
    return `${step.folder}/${keptName(processOf(step.process, context))}`;
  } catch {
    return undefined;
  }
}

async function forgetEnded(folder: string, { host }: StepContext): Promise<void> {
  for (const name of await host.files.list(folder)) {
    const process = processOfKept(name);
    if (process !== undefined && (await host.processes.isAlive(process))) continue;
    await host.files.remove(`${folder}/${name}`);
  }
}

async function contentOf(
  step: KeepConfig,
  process: ProcessId,
  { host }: StepContext,
): Promise<string | undefined> {
  const files: KeptFile[] = [];
  const documents = [];
  for (const file of step.files) {
    const content = await host.files.read(file.absolutePath);
    if (content === undefined || (await sha256(content)) !== file.sha256) return undefined;
    files.push({ path: file.path, contentBase64: content.toString('base64') });
    documents.push(parse(file.path, content));
  }
  const seen = new Map(step.referenced.map((file) => [file.name, file]));
  const now = await readReferenced(host, resolve(documents), step.cwd);
  const referenced: ReferencedFile[] = [];
  for (const file of now.values()) {
    const same = await isAsSeen(file, seen.get(file.name), step.cwd, host);
    referenced.push(same ? file : { ...file, sha256: 'unknown', text: undefined });
  }
  return printKept({ schemaVersion: 1, process, keptAtMs: host.clock.now(), files, referenced });
}

/** Looked at after it has been read: the version that was seen is then that of what was read. */
async function isAsSeen(
  { name, sha256: content }: ReferencedFile,
  seen: SeenFile | undefined,
  cwd: string,
  { files }: StepContext['host'],
): Promise<boolean> {
  if (seen === undefined) return false;
  if (seen.version === null) return seen.sha256 === content;
  const info = await files.info(isAbsolute(name) ? name : join(cwd, name)).catch(() => undefined);
  return info?.version === seen.version;
}
