import { nginxListens, nginxWithPorts } from './nginx-listen.js';
import { statementsOf } from './nginx-statements.js';
import type { PortMap, Service, StandbyChange, Started, StartOptions } from './service.js';
import { spliced } from './splice.js';

/** nginx: http://nginx.org/en/docs/control.html and nginx(8). Pure. */
export const nginx: Service = {
  name: 'nginx',
  label: 'nginx',
  programs: ['nginx'],
  reloadSignal: 'SIGHUP',
  gracefulStopSignal: 'SIGQUIT',
  startedAs,
  checkArgv: (started, options) => [...argvOf(started, options), '-t'],
  startArgv: argvOf,
  roleOf: (argv) => {
    const title = argv[0] ?? '';
    if (title.startsWith('nginx: master process')) return 'master';
    if (title.startsWith('nginx: worker process is shutting down')) return 'retired';
    return title.startsWith('nginx: worker process') ? 'worker' : 'other';
  },
  listens: nginxListens,
  withPorts: nginxWithPorts,
  withPidFile,
  standbyText,
};

const TITLE = /^nginx: master process /;
const WITH_VALUE = new Set(['-c', '-g', '-p', '-e', '-s']);
const WITHOUT_VALUE = new Set(['-t', '-T', '-q', '-v', '-V', '-h', '-?']);

/**
 * nginx writes its title over its own words (ngx_setproctitle.c), joined by single spaces: a value
 * ends where the next option begins.
 */
function startedAs(argv: readonly string[]): Started {
  // What is left of its former words behind the title are zero bytes.
  const titled = TITLE.test(argv[0] ?? '');
  const words = titled ? (argv[0] ?? '').replace(TITLE, '').split(' ') : [...argv];
  const values = new Map<string, string>();
  const others: string[] = [];
  let option: string | undefined;
  for (const word of words.slice(1)) {
    const [name, value] = optionOf(word);
    if (name !== undefined) {
      option = WITH_VALUE.has(name) ? name : undefined;
      if (option !== undefined && value !== '') values.set(option, value);
    } else if (option !== undefined) {
      const former = values.get(option);
      values.set(option, former === undefined ? word : `${former} ${word}`);
    }
  }
  for (const name of ['-p', '-e']) {
    const value = values.get(name);
    if (value !== undefined) others.push(name, value);
  }
  return { configFile: values.get('-c'), directives: values.get('-g') ?? '', others };
}

/** `-cFILE` is `-c FILE`. */
function optionOf(word: string): readonly [name: string | undefined, value: string] {
  const name = word.slice(0, 2);
  if (WITHOUT_VALUE.has(word)) return [word, ''];
  return WITH_VALUE.has(name) ? [name, word.slice(2)] : [undefined, ''];
}

function argvOf(
  { configFile, directives, others }: Started,
  options: StartOptions,
): readonly string[] {
  const file = options.configFile ?? configFile;
  const globals =
    options.pidFile !== undefined && setsPid(directives)
      ? withPidFile(directives, options.pidFile)
      : directives;
  return [
    options.program,
    ...(file === undefined ? [] : ['-c', file]),
    ...others,
    ...(globals === '' ? [] : ['-g', globals]),
  ];
}

function pidStatements(text: string): readonly { readonly start: number; readonly end: number }[] {
  return statementsOf(text).filter(
    ({ words, within }) => words[0]?.text === 'pid' && within.length === 0,
  );
}

function setsPid(directives: string): boolean {
  return pidStatements(directives).length > 0;
}

function withPidFile(text: string, path: string): string {
  const [former] = pidStatements(text);
  const line = `pid ${quote(path)};`;
  if (former === undefined) return `${line}\n${text}`;
  return spliced(text, [{ start: former.start, end: former.end, text: line }]);
}

function quote(path: string): string {
  return /^[\w./@%+=:,-]+$/.test(path) ? path : `"${path.replace(/["\\]/g, '\\$&')}"`;
}

/** A pid file named with `-g` may not be named in the file again. */
function standbyText(started: Started, text: string, { ports, pidFile }: StandbyChange): string {
  const there = withoutPortInRedirects(nginxWithPorts(text, ports), ports);
  return setsPid(started.directives) ? there : withPidFile(there, pidFile);
}

/**
 * nginx writes the port that it listens on into redirects (`port_in_redirect`, on by default), and
 * that is not the one that clients know. It leaves out 80 and 443 itself.
 */
function withoutPortInRedirects(text: string, ports: PortMap): string {
  if (![...ports.keys()].every((port) => port === 80 || port === 443)) return text;
  const statements = statementsOf(text);
  if (statements.some(({ words }) => words[0]?.text === 'port_in_redirect')) return text;
  const http = statements.find(
    ({ words, within }) => words[0]?.text === 'http' && within.length === 0,
  );
  if (http?.block === undefined) return text;
  const { bodyAt } = http.block;
  return spliced(text, [{ start: bodyAt, end: bodyAt, text: ' port_in_redirect off;' }]);
}
