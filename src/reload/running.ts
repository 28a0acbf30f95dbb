import { isAbsolute, join } from 'node:path';
import { parse, type Document } from '../haproxy/config/document.js';
import { resolve, type Config } from '../haproxy/config/resolve.js';
import { readConfigFiles } from '../haproxy/config-files.js';
import type { ReferencedFile, ReferencedFiles } from '../haproxy/changes/referenced.js';
import { readReferenced } from '../haproxy/referenced-files.js';
import { KEPT_FOLDER, keptName, parseKept, type KeptConfig } from '../haproxy/kept.js';
import type { Instance } from '../haproxy/instance.js';
import type { Host } from '../host/host.js';

/** What the running process was started with. */
export type Running =
  | {
      readonly kind: 'known';
      /** `kept` by hitless; `files`: older than the process, so that it has read just these. */
      readonly from: 'kept' | 'files';
      readonly config: Config;
      readonly referenced: ReferencedFiles;
    }
  | { readonly kind: 'unknown'; readonly because: string };

export async function readRunning(
  host: Host,
  instance: Instance,
  stateDir: string,
): Promise<Running> {
  const { serving, leader, arguments: args } = instance;
  const kept = await readKept(host, instance, stateDir);
  if (kept !== undefined) return fromKept(kept);
  const startedMs = host.clock.now() - serving.ageMs;
  const files = await readConfigFiles(host, args.configFiles, leader.cwd).catch(() => undefined);
  if (files === undefined) {
    return {
      kind: 'unknown',
      because: `the files that pid ${serving.pid} was started with cannot be read`,
    };
  }
  const newer = files.find(({ modifiedMs }) => modifiedMs >= startedMs);
  if (newer !== undefined) {
    const because = `${newer.path} has changed since pid ${serving.pid} has read it, and hitless did not start that process`;
    return { kind: 'unknown', because };
  }
  const config = resolve(files.map(({ document }) => document));
  const found = await readReferenced(host, config, leader.cwd);
  const referenced = new Map<string, ReferencedFile>();
  for (const [name, file] of found) {
    referenced.set(name, await asRead(host, file, leader.cwd, startedMs));
  }
  return { kind: 'known', from: 'files', config, referenced };
}

/** What hitless itself has started the serving process with; undefined when it has not. */
export async function keptConfig(
  host: Host,
  instance: Instance,
  keptIn: string,
): Promise<Config | undefined> {
  const kept = await readKept(host, instance, keptIn);
  return kept && resolve(documentsOf(kept));
}

async function readKept(
  host: Host,
  { serving }: Instance,
  stateDir: string,
): Promise<KeptConfig | undefined> {
  const path = `${stateDir}/${KEPT_FOLDER}/${keptName(serving)}`;
  const content = await host.files.read(path).catch(() => undefined);
  return content === undefined ? undefined : parseKept(content.toString('utf8'), serving);
}

function fromKept(kept: KeptConfig): Running {
  return {
    kind: 'known',
    from: 'kept',
    config: resolve(documentsOf(kept)),
    referenced: new Map(kept.referenced.map((file) => [file.name, file])),
  };
}

function documentsOf({ files }: KeptConfig): readonly Document[] {
  return files.map(({ path, contentBase64 }) => parse(path, Buffer.from(contentBase64, 'base64')));
}

/** A file that is newer than the process is not what the process has read. */
async function asRead(
  host: Host,
  file: ReferencedFile,
  cwd: string,
  startedMs: number,
): Promise<ReferencedFile> {
  const path = isAbsolute(file.name) ? file.name : join(cwd, file.name);
  const info = await host.files.info(path).catch(() => undefined);
  if (info === undefined || info.modifiedMs < startedMs) return file;
  return { ...file, sha256: 'unknown', text: undefined };
}
