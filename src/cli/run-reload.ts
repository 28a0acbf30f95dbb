import { reload } from '../reload/reload.js';
import type { ReloadRequest } from '../reload/request.js';
import { reloadService, type ServiceRequest } from '../reload/service-reload.js';
import type { Io } from './command.js';
import type { ReloadFlags } from './reload-options.js';
import { runPlanned } from './run-planned.js';

/** Carries a reload out and says what came of it. Shared by all commands that end with one. */
export async function runReload(request: ReloadRequest, flags: ReloadFlags, io: Io): Promise<void> {
  await runPlanned(flags, io, async (host, options) => await reload(host, request, options));
}

/** The same for nginx and Apache. */
export async function runServiceReload(
  request: ServiceRequest,
  flags: ReloadFlags,
  io: Io,
): Promise<void> {
  await runPlanned(flags, io, async (host, options) => await reloadService(host, request, options));
}
