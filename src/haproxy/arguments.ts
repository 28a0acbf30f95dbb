/**
 * HAProxy's command line, pure (management.txt, section 3).
 * A process that came out of a reload carries what only that reload needed (`-sf`, `-st`, `-x`);
 * a new start must not inherit it.
 */
export interface Arguments {
  /** The program as it was called. */
  readonly program: string;
  /** Every `-f` in order; files named after `--` count too. */
  readonly configFiles: readonly string[];
  readonly daemon: boolean;
  readonly masterWorker: boolean;
  /** `-db`: stays in the foreground whatever the configuration says. */
  readonly foreground: boolean;
  readonly pidFile: string | undefined;
  readonly masterSocket: string | undefined;
  readonly directory: string | undefined;
  /** All other options, as they were given, in order. */
  readonly others: readonly string[];
}

/** `-N`: the maxconn of frontends that name none. */
export function maxconnPerProxy({ others }: Pick<Arguments, 'others'>): number | undefined {
  const at = others.lastIndexOf('-N');
  const value = at < 0 ? 0 : Number(others[at + 1]);
  return Number.isSafeInteger(value) && value > 0 ? value : undefined;
}

/** Options followed by one value. */
const WITH_VALUE = new Set(['-L', '-m', '-n', '-N']);

export function parseArguments(argv: readonly string[]): Arguments {
  const seen: Seen = { configFiles: [], others: [], flags: new Set(), values: new Map() };
  const words = [...argv.slice(1)];
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (word === '--') seen.configFiles.push(...words.splice(0));
    else takeOption(word, words, seen);
  }
  return {
    program: argv[0] ?? 'haproxy',
    configFiles: seen.configFiles,
    daemon: seen.flags.has('-D'),
    masterWorker: seen.flags.has('-W'),
    foreground: seen.flags.has('-db'),
    pidFile: seen.values.get('-p'),
    masterSocket: seen.values.get('-S'),
    directory: seen.values.get('-C'),
    others: seen.others,
  };
}

interface Seen {
  readonly configFiles: string[];
  readonly others: string[];
  readonly flags: Set<string>;
  readonly values: Map<string, string>;
}

function takeOption(word: string, rest: string[], seen: Seen): void {
  switch (word) {
    case '-f':
      seen.configFiles.push(rest.shift() ?? '');
      return;
    case '-sf':
    case '-st':
      while (/^\d+$/.test(rest[0] ?? '')) rest.shift();
      return;
    case '-x':
      rest.shift();
      return;
    case '-p':
    case '-S':
    case '-C':
      seen.values.set(word, rest.shift() ?? '');
      return;
    case '-D':
    case '-W':
    case '-db':
      seen.flags.add(word);
      return;
    case '-Ws':
      seen.flags.add('-W');
      seen.others.push(word);
      return;
    default:
      seen.others.push(word, ...(WITH_VALUE.has(word) ? rest.splice(0, 1) : []));
  }
}

export interface StartOptions {
  readonly program: string;
  /** Takes the listening sockets over from the process that answers here. */
  readonly takeOverFrom?: string;
  /** Processes that the new one tells to finish once it is up (`-sf`). */
  readonly finish?: readonly number[];
  readonly configFiles?: readonly string[];
  /** Whatever the running one is, the new one is a daemon without a pid file. */
  readonly asDaemon?: boolean;
}

/** The words that start one more generation in the way the running one was started. */
export function startArgv(running: Arguments, options: StartOptions): readonly string[] {
  const from =
    options.asDaemon === true
      ? { ...running, daemon: true, foreground: false, pidFile: undefined }
      : running;
  return [
    options.program,
    ...configWords(options.configFiles ?? from.configFiles),
    ...(from.directory === undefined ? [] : ['-C', from.directory]),
    ...from.others,
    ...(from.masterWorker && !from.others.includes('-Ws') ? ['-W'] : []),
    ...(from.daemon ? ['-D'] : []),
    ...(from.foreground ? ['-db'] : []),
    ...(from.pidFile === undefined ? [] : ['-p', from.pidFile]),
    ...(from.masterSocket === undefined ? [] : ['-S', from.masterSocket]),
    ...(options.takeOverFrom === undefined ? [] : ['-x', options.takeOverFrom]),
    ...(options.finish === undefined ? [] : ['-sf', ...options.finish.map(String)]),
  ];
}

/** The words that check a configuration exactly as the running process would read it. */
export function checkArgv(
  from: Arguments,
  program: string,
  configFiles: readonly string[] = from.configFiles,
): readonly string[] {
  return [
    program,
    '-c',
    ...configWords(configFiles),
    ...(from.directory === undefined ? [] : ['-C', from.directory]),
    ...from.others.filter((word) => !SILENT_OR_MODE.has(word)),
  ];
}

/** `-q` would hide the reasons; the mode does not matter to a check. */
const SILENT_OR_MODE = new Set(['-q', '-V', '-Ws', '-d']);

function configWords(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => ['-f', file]);
}
