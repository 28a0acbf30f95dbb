import { refused } from '../error.js';
import type { ApacheFacts, NginxFacts } from '../doctor/facts.js';
import type { Host } from '../host/host.js';
import { activeDirectives, apacheSettings } from '../services/apache-settings.js';
import { parseDump } from '../services/nginx-dump.js';
import { nginxSettings } from '../services/nginx-settings.js';
import { SERVICES } from '../services/registry.js';
import type { DoctorRequest } from './doctor-request.js';
import { checkService, environmentOf, runLike } from './service-check.js';
import { readApacheText } from './service-facts.js';
import { findService } from './service-instance.js';

/** nginx as it runs, or files of it that are named. */
export async function gatherNginx(
  host: Host,
  { target, configFiles }: DoctorRequest,
): Promise<NginxFacts> {
  if (configFiles !== undefined) {
    const text = await readAll(host, configFiles);
    return { settings: nginxSettings(text), workers: null, subject: configFiles.join(' ') };
  }
  const service = SERVICES.nginx;
  const running = await findService(host, service, target);
  const run = await runLike(host, service, running);
  const { text } = parseDump(await checkService(run, service, running));
  const settings = nginxSettings(`${running.started.directives}\n${text}`);
  return { settings, workers: running.workers.length, subject: `pid ${running.master.pid}` };
}

/** Apache as it runs, or files of it that are named. */
export async function gatherApache(
  host: Host,
  { target, configFiles }: DoctorRequest,
): Promise<ApacheFacts> {
  if (configFiles !== undefined) {
    const text = await readAll(host, configFiles);
    return apacheFacts(text, new Set(), {}, [], { log: '', subject: configFiles.join(' ') });
  }
  const service = SERVICES.apache;
  const running = await findService(host, service, target);
  const run = await runLike(host, service, running);
  const { text, dump, defines } = await readApacheText(host, service, run, running);
  const environment = await environmentOf(host, service, running.master.pid);
  const log = dump.errorLog === undefined ? undefined : await host.files.appended(dump.errorLog, 0);
  return apacheFacts(text, dump.modules, environment, defines, {
    log: log?.text ?? '',
    subject: `pid ${running.master.pid}`,
  });
}

function apacheFacts(
  text: string,
  modules: ReadonlySet<string>,
  environment: Readonly<Record<string, string>>,
  defines: readonly string[],
  rest: Pick<ApacheFacts, 'log' | 'subject'>,
): ApacheFacts {
  const directives = activeDirectives(text, modules, defines);
  return {
    directives: directives.map(({ name, words }) => ({ name, value: words[0]?.text ?? '' })),
    keepsIdleClients: apacheSettings(text, modules, environment, defines).keepsIdleClients,
    ...rest,
  };
}

async function readAll(host: Host, paths: readonly string[]): Promise<string> {
  const texts = await Promise.all(
    paths.map(async (path) => {
      const content = await host.files.read(path).catch(() => undefined);
      if (content !== undefined) return content.toString('utf8');
      throw refused('config-unreadable', `${path}: there is no such file, or it cannot be read`, {
        subject: path,
        hint: 'name the configuration with -f FILE',
      });
    }),
  );
  return texts.join('\n');
}
