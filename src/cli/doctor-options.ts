import { resolve } from 'node:path';
import { usage } from '../error.js';
import { CHECKS } from '../doctor/registry.js';
import type { DoctorRequest } from '../reload/doctor-request.js';
import { isServiceName, SERVICES } from '../services/registry.js';
import type { Io } from './command.js';
import type { ScopeFlags } from './handoff-options.js';
import { nearest } from '../haproxy/config/nearest.js';
import type { ReloadFlags } from './reload-options.js';
import { stateDirOf } from './state-dir.js';
import { targetOf } from './target-options.js';

export interface DoctorFlags extends ReloadFlags, ScopeFlags {
  readonly handoff?: boolean;
  readonly role?: string;
  readonly peer?: readonly string[];
  readonly fix?: boolean;
  readonly only?: readonly string[];
}

/** @throws HitlessError `usage` */
export function doctorRequestOf(flags: DoctorFlags, io: Io): DoctorRequest {
  const { file, binary, only = [], fix = false } = flags;
  const service = serviceOf(flags);
  for (const id of only) refuseUnknown(id);
  if (fix && service !== 'haproxy') {
    throw usage(
      `--fix is for HAProxy: the files of ${service} are left to people`,
      'leave --fix out',
    );
  }
  if (!fix && flags.dryRun === true) {
    throw usage('--dry-run goes with --fix', 'doctor alone only looks: leave --dry-run out');
  }
  return {
    service,
    target: targetOf(flags),
    stateDir: stateDirOf(flags.stateDir, io),
    only,
    ...(file === undefined ? {} : { configFiles: file.map((path) => resolve(path)) }),
    ...(binary === undefined ? {} : { binary: resolve(binary) }),
  };
}

function serviceOf({ service = [] }: DoctorFlags): DoctorRequest['service'] {
  const [name = 'haproxy', second] = service;
  if (second !== undefined) throw usage('two services are named', 'examine them one after another');
  if (name === 'haproxy' || isServiceName(name)) return name;
  const names = ['haproxy', ...Object.keys(SERVICES)].join(', ');
  throw usage(
    `there is no service "${name}"`,
    `choose one of ${names}; an address needs --handoff`,
  );
}

function refuseUnknown(id: string): void {
  const ids = CHECKS.map((check) => check.id);
  if (ids.includes(id)) return;
  const [near] = nearest(ids, id, 1);
  const hint = near === undefined ? 'docs/doctor.md lists all' : `did you mean "${near}"?`;
  throw usage(`there is no check "${id}"`, hint);
}
