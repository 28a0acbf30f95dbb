import { EXIT, HitlessError, refused } from '../error.js';
import type { CommandResult, Host } from '../host/host.js';
import { shellText, type Service } from '../services/service.js';
import type { RunningService } from './service-instance.js';

const CHECK_TIMEOUT_MS = 60_000;

/** Runs the very program that runs, where and as whom it runs. */
export type RunLike = (argv: readonly string[]) => Promise<CommandResult>;

export async function runLike(
  host: Host,
  service: Service,
  { master }: RunningService,
): Promise<RunLike> {
  const environment = await environmentOf(host, service, master.pid);
  return async (argv) =>
    await host.run({
      argv,
      cwd: master.cwd,
      env: environment,
      namespacesOf: master.pid,
      user: { uid: master.uid, gid: master.gid },
      timeoutMs: CHECK_TIMEOUT_MS,
    });
}

/** nginx writes its title over the environment it was started with: nothing can be learnt. */
export async function environmentOf(
  host: Host,
  service: Service,
  pid: number,
): Promise<Readonly<Record<string, string>>> {
  if (service.name === 'nginx') return CLEAN;
  const environment = await host.processes.environment(pid);
  if (environment !== undefined) return environment;
  throw refused('permission', `cannot read the environment of pid ${pid}`, {
    subject: `pid ${pid}`,
    hint: `run hitless as root, or as the user who started ${service.label}`,
  });
}

const CLEAN = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * @returns what the check printed; of nginx that is its whole configuration (`-T` is `-t` too)
 * @throws HitlessError `config-invalid` with the program's own reasons
 */
export async function checkService(
  run: RunLike,
  service: Service,
  { master, started }: RunningService,
): Promise<string> {
  const argv = service.checkArgv(started, { program: master.exe });
  const printing = service.name === 'nginx' ? [...argv.slice(0, -1), '-T'] : argv;
  const { code, stdout, stderr } = await run(printing);
  if (code === 0) return stdout;
  const { text, place } = reasons(stderr);
  throw new HitlessError(
    'config-invalid',
    EXIT.refused,
    `${service.label} refuses the configuration: ${text}`,
    {
      subject: place ?? argv.join(' '),
      hint: `nothing was touched; mend the configuration and check it again: ${shellText(argv)}`,
    },
  );
}

const REASONS_MAX = 5;

/** The lines that say why: nginx marks them, Apache's last line only points to the log. */
function reasons(output: string): { readonly text: string; readonly place: string | undefined } {
  const lines = output.split('\n').map((line) => line.trim());
  const marked = lines.filter((line) => line.includes('[emerg]'));
  const worth = marked.length > 0 ? marked.map(withoutMark) : lines.filter(isReason);
  const text = worth.slice(0, REASONS_MAX).join('\n');
  const nginxPlace = / in (\/\S+:\d+)$/m.exec(text)?.[1];
  const apachePlace = /on line (\d+) of (\/.+?):(?:$| )/m.exec(text);
  const place = apachePlace === null ? nginxPlace : `${apachePlace[2]}:${apachePlace[1]}`;
  return { text: text === '' ? output.trim() : text, place };
}

function withoutMark(line: string): string {
  return line.replace(/^.*\[emerg\](?: \d+#\d+:)? /, '');
}

function isReason(line: string): boolean {
  return line !== '' && !/^(Action '|The Apache error log|AH00558)/.test(line);
}
