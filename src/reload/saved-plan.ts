import { isAbsolute, join } from 'node:path';
import { refused } from '../error.js';
import type { Drift } from '../haproxy/changes/drift.js';
import type { Host, ProcessId } from '../host/host.js';
import { sha256 } from '../host/sha256.js';
import type { ChangesPlan } from './changes-plan.js';
import type { ChangesRequest } from './compute-changes.js';

/**
 * A plan on disk: what was asked, and digests of all that the answer rests on. The changes
 * themselves are computed again when it is carried out, so that no key of a certificate is in it.
 */
export interface SavedPlan {
  readonly schemaVersion: 1;
  readonly kind: 'hitless-plan';
  readonly madeAtMs: number;
  readonly process: ProcessId;
  readonly bootId: string;
  readonly configFiles: readonly string[] | null;
  readonly newFile: { readonly path: string; readonly contentBase64: string } | null;
  /** SHA-256 of every configuration file as it was on disk, and of what these name. */
  readonly files: Readonly<Record<string, string>>;
  readonly referenced: Readonly<Record<string, string>>;
  /** Of the changes, and of the drift, which with the running configuration is all that runs. */
  readonly changesSha256: string;
  readonly driftSha256: string;
  /** To say what has changed since. */
  readonly drift: readonly Drift[];
}

/** Only for its owner: it shows what runs. */
const PRIVATE = 0o600;

export async function savePlan(
  host: Host,
  path: string,
  plan: ChangesPlan,
  request: ChangesRequest,
): Promise<void> {
  const saved = await savedFrom(host, plan, request);
  // An older file of that name may be readable for others.
  await host.files.remove(path);
  await host.files.replace(path, Buffer.from(`${JSON.stringify(saved, null, 2)}\n`), PRIVATE);
}

/** Undefined for anything else. Tells a plan from a configuration file. */
export function parseSavedPlan(text: string): SavedPlan | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    const saved = JSON.parse(text) as Partial<SavedPlan>;
    const known = saved.kind === 'hitless-plan' && saved.schemaVersion === 1;
    const whole =
      typeof saved.process?.pid === 'number' &&
      typeof saved.files === 'object' &&
      typeof saved.referenced === 'object' &&
      Array.isArray(saved.drift);
    return known && whole ? (saved as SavedPlan) : undefined;
  } catch {
    return undefined;
  }
}

/** What was asked when the plan was made. */
export function requestIn({ configFiles, newFile }: SavedPlan): ChangesRequest {
  return {
    ...(configFiles === null ? {} : { configFiles }),
    ...(newFile === null
      ? {}
      : { newFile: { path: newFile.path, content: Buffer.from(newFile.contentBase64, 'base64') } }),
  };
}

/**
 * Compares a saved plan with what a new computation of the same request has found.
 *
 * @throws HitlessError `config-changed` that names all that has changed since
 */
export async function refuseStale(
  host: Host,
  path: string,
  saved: SavedPlan,
  now: ChangesPlan,
): Promise<void> {
  const changed = changedSince(saved, await savedFrom(host, now, requestIn(saved)));
  if (changed.length === 0) return;
  throw refused('config-changed', `${path} does not hold any more: ${changed.join('; ')}`, {
    subject: path,
    hint: 'look at a new one: "hitless plan"',
  });
}

async function savedFrom(
  host: Host,
  plan: ChangesPlan,
  { configFiles, newFile }: ChangesRequest,
): Promise<SavedPlan> {
  const { serving } = plan.instance;
  const { files, cwd } = plan.examined.check;
  const digests = await Promise.all(
    files.map(async ({ path, content }) => {
      const absolute = isAbsolute(path) ? path : join(cwd, path);
      return [absolute, await sha256(content)] as const;
    }),
  );
  return {
    schemaVersion: 1,
    kind: 'hitless-plan',
    madeAtMs: host.clock.now(),
    process: { pid: serving.pid, startTicks: serving.startTicks },
    bootId: await host.kernel.bootId(),
    configFiles: configFiles ?? null,
    newFile:
      newFile === undefined
        ? null
        : { path: newFile.path, contentBase64: newFile.content.toString('base64') },
    files: Object.fromEntries(digests),
    referenced: Object.fromEntries(
      [...plan.referenced.values()].map((file) => [file.name, file.sha256]),
    ),
    changesSha256: await digestOf(plan.changes),
    driftSha256: await digestOf(plan.drift),
    drift: plan.drift,
  };
}

async function digestOf(value: unknown): Promise<string> {
  return await sha256(Buffer.from(JSON.stringify(value)));
}

/** In words; empty when all is as it was. */
export function changedSince(saved: SavedPlan, now: SavedPlan): readonly string[] {
  const same =
    saved.bootId === now.bootId &&
    saved.process.pid === now.process.pid &&
    saved.process.startTicks === now.process.startTicks;
  if (!same) {
    return [`pid ${saved.process.pid} does not serve any more: pid ${now.process.pid} does`];
  }
  const changed = [
    ...changedDigests(saved.files, now.files),
    ...changedDigests(saved.referenced, now.referenced),
    ...(saved.driftSha256 === now.driftSha256 ? [] : changedDrift(saved.drift, now.drift)),
  ];
  if (changed.length > 0 || saved.changesSha256 === now.changesSha256) return changed;
  return ['what is known of the running configuration is another'];
}

type Digests = Readonly<Record<string, string>>;

function changedDigests(saved: Digests, now: Digests): readonly string[] {
  const names = new Set([...Object.keys(saved), ...Object.keys(now)]);
  return [...names]
    .filter((name) => saved[name] !== now[name])
    .map((name) => `${name} has changed`);
}

function changedDrift(saved: readonly Drift[], now: readonly Drift[]): readonly string[] {
  const keyOf = ({ subject, kind, detail }: Drift): string => [kind, subject, detail].join('\0');
  const before = new Map(saved.map((drift) => [keyOf(drift), drift]));
  const after = new Map(now.map((drift) => [keyOf(drift), drift]));
  const words: string[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, seen] = [before.get(key), after.get(key)];
    const one = seen ?? old;
    if (one === undefined || old?.running === seen?.running) continue;
    const was = old === undefined ? one.files : old.running;
    const is = seen === undefined ? one.files : seen.running;
    words.push(`${one.subject}: ${one.detail} was ${was ?? 'absent'} and is ${is ?? 'absent'}`);
  }
  return words.length > 0 ? words : ['the runtime state has changed'];
}
