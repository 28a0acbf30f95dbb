import { basename, dirname, join } from 'node:path';
import { EXIT, HitlessError, messageOf, refused } from '../error.js';
import { asBinaryMissing } from '../haproxy/binary-missing.js';
import { checkArgv, type Arguments } from '../haproxy/arguments.js';
import { alertsOf, describeAlerts } from '../haproxy/messages.js';
import type { ConfigFile } from '../haproxy/config-files.js';
import type { Host } from '../host/host.js';
import { noteCandidate } from './candidates.js';

export interface Check {
  readonly arguments: Arguments;
  readonly program: string;
  readonly files: readonly ConfigFile[];
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly namespacesOf: number;
  readonly user: { readonly uid: number; readonly gid: number };
  /** Where candidates are noted; null for a dry run, which writes nothing else. */
  readonly stateDir: string | null;
}

/** A file with the content that it is to get. */
export interface Edit {
  readonly file: ConfigFile;
  readonly content: Buffer;
  readonly summary: string;
}

const CHECK_TIMEOUT_MS = 60_000;

/**
 * Has the very program that will be started read the configuration, edits included, in the way
 * that it will be started.
 *
 * @throws HitlessError `config-invalid` with HAProxy's own reasons, `binary-missing`
 */
export async function checkConfig(host: Host, check: Check, edits: readonly Edit[]): Promise<void> {
  const candidates: Candidate[] = [];
  try {
    for (const edit of edits) candidates.push(await writeCandidate(host, check, edit));
    const names = new Map(candidates.map(({ path, name }) => [path, name]));
    const files = check.files.map(({ path }) => names.get(path) ?? path);
    const output = await runCheck(host, check, files);
    if (output === undefined) return;
    throw invalid(candidates.reduce((text, { path, name }) => text.replaceAll(name, path), output));
  } finally {
    for (const candidate of candidates) await removeCandidate(host, candidate);
  }
}

interface Candidate {
  /** Of the file that is to be edited, as HAProxy is told it. */
  readonly path: string;
  /** Of the candidate, likewise. */
  readonly name: string;
  readonly absolute: string;
  readonly note: string | null;
}

/** Beside the file itself: relative paths in it may count from there (`default-path config`). */
async function writeCandidate(
  host: Host,
  { stateDir }: Check,
  { file, content }: Edit,
): Promise<Candidate> {
  const name = `.${basename(file.path)}.hitless-check-${host.self.pid}`;
  const absolute = join(dirname(file.absolutePath), name);
  try {
    const note = stateDir === null ? null : await noteCandidate(host, stateDir, absolute);
    const former = await host.files.info(file.absolutePath);
    await host.files.replace(absolute, content, former?.mode);
    return { path: file.path, name: join(dirname(file.path), name), absolute, note };
  } catch (cause) {
    throw refused('permission', `cannot write beside ${file.path}: ${messageOf(cause)}`, {
      subject: file.path,
      hint: 'run hitless as a user who may write there',
      cause,
    });
  }
}

async function removeCandidate(host: Host, { absolute, note }: Candidate): Promise<void> {
  try {
    await host.files.remove(absolute);
    if (note !== null) await host.files.remove(note);
  } catch (cause) {
    throw refused('permission', `cannot remove ${absolute}: ${messageOf(cause)}`, {
      subject: absolute,
      hint: '"hitless recover" tries it again',
      cause,
    });
  }
}

/** What HAProxy said when it refused; undefined when it is content. */
async function runCheck(
  host: Host,
  check: Check,
  files: readonly string[],
): Promise<string | undefined> {
  try {
    const { code, stdout, stderr } = await host.run({
      argv: checkArgv(check.arguments, check.program, files),
      cwd: check.cwd,
      env: check.environment,
      namespacesOf: check.namespacesOf,
      user: check.user,
      timeoutMs: CHECK_TIMEOUT_MS,
    });
    return code === 0 ? undefined : stderr || stdout;
  } catch (error) {
    throw asBinaryMissing(check.program, error);
  }
}

function invalid(output: string): HitlessError {
  const place = alertsOf(output)[0]?.place;
  const detail = place === undefined ? {} : { subject: `${place.file}:${place.line}` };
  return new HitlessError('config-invalid', EXIT.refused, describeAlerts(output), {
    ...detail,
    hint: 'nothing was touched; mend the configuration and run the command again',
  });
}
