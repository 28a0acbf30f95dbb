import { directivesOf, type Directive } from './apache-lines.js';
import { apacheListens, apacheWithPorts } from './apache-listen.js';
import type { Service, Started, StartOptions } from './service.js';
import { spliced } from './splice.js';

/** Apache: https://httpd.apache.org/docs/2.4/stopping.html and programs/httpd.html. Pure. */
export const apache: Service = {
  name: 'apache',
  label: 'Apache',
  programs: ['apache2', 'httpd'],
  reloadSignal: 'SIGUSR1',
  gracefulStopSignal: 'SIGWINCH',
  startedAs,
  checkArgv: (started, options) => [
    ...argvOf(started, options).filter((word) => word !== '-X'),
    '-t',
  ],
  startArgv: argvOf,
  // All processes keep the words of the first: only the parent tells them apart.
  roleOf: (_argv, parentIsSame) => (parentIsSame ? 'worker' : 'master'),
  listens: apacheListens,
  withPorts: apacheWithPorts,
  withPidFile,
  standbyText: (_started, text, { ports, pidFile, environment }) =>
    withPidFile(apacheWithPorts(text, ports, environment), pidFile),
};

const WITH_VALUE = new Set(['-D', '-d', '-f', '-C', '-c', '-e', '-E', '-k']);

function startedAs(argv: readonly string[]): Started {
  let configFile: string | undefined;
  const others: string[] = [];
  const words = [...argv.slice(1)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    const option = word.slice(0, 2);
    if (!WITH_VALUE.has(option)) {
      others.push(word);
      continue;
    }
    const value = word.length > 2 ? word.slice(2) : (words.shift() ?? '');
    if (option === '-f') configFile = value;
    else if (option !== '-k') others.push(option, value);
  }
  return { configFile, directives: '', others };
}

function argvOf(started: Started, options: StartOptions): readonly string[] {
  const file = options.configFile ?? started.configFile;
  return [options.program, ...started.others, ...(file === undefined ? [] : ['-f', file])];
}

/** The last one counts; it is the one that is replaced. */
function withPidFile(text: string, path: string): string {
  const former = directivesOf(text).findLast(isPidFile);
  const line = `PidFile "${path.replaceAll('"', '\\"')}"`;
  if (former !== undefined) {
    return spliced(text, [{ start: former.start, end: former.end, text: line }]);
  }
  return text === '' || text.endsWith('\n') ? `${text}${line}\n` : `${text}\n${line}\n`;
}

function isPidFile({ name }: Directive): boolean {
  return name.toLowerCase() === 'pidfile';
}
