/** Programs other than HAProxy that hitless reloads. */
export type ServiceName = 'nginx' | 'apache';

/** Public port -> port on which another instance listens. */
export type PortMap = ReadonlyMap<number, number>;

/** How a running service was started, as far as another start or a check must repeat it. */
export interface Started {
  /** `-c` of nginx, `-f` of Apache; undefined when the program's own default was used. */
  readonly configFile: string | undefined;
  /** nginx: `-g`. Empty for Apache. */
  readonly directives: string;
  /** All other words, in order, without those that only said what to do (`-k start`, `-t`). */
  readonly others: readonly string[];
}

export interface StartOptions {
  readonly program: string;
  /** Instead of the one that the running service reads. */
  readonly configFile?: string;
  /** Has to be the one in the configuration too ({@link Service.standbyText} sees to that). */
  readonly pidFile?: string;
}

/** A place that a configuration listens on. */
export interface Listens {
  readonly family: 'ipv4' | 'ipv6' | 'unix';
  /** As the kernel names it: `0.0.0.0:80`, `[::]:80`, or a path. A host name is kept as it is. */
  readonly local: string;
  readonly udp: boolean;
  readonly reuseport: boolean;
}

export interface StandbyChange {
  readonly ports: PortMap;
  readonly pidFile: string;
  readonly environment?: Readonly<Record<string, string>>;
}

/** What is known of one program. Pure: text and words in, text and words out. */
export interface Service {
  readonly name: ServiceName;
  /** As its makers write it. */
  readonly label: string;
  /** File names of its program. */
  readonly programs: readonly string[];
  readonly reloadSignal: NodeJS.Signals;
  /** Finishes the requests that it has, then ends. */
  readonly gracefulStopSignal: NodeJS.Signals;
  readonly startedAs: (argv: readonly string[]) => Started;
  /** Checks a configuration exactly as the running one would read it. */
  readonly checkArgv: (started: Started, options: StartOptions) => readonly string[];
  readonly startArgv: (started: Started, options: StartOptions) => readonly string[];
  /**
   * What a process of this program is, by its own words and by whether its parent is one too.
   * `retired`: a worker that has been told to finish, where the program shows it.
   */
  readonly roleOf: (
    argv: readonly string[],
    parentIsSame: boolean,
  ) => 'master' | 'worker' | 'retired' | 'other';
  readonly listens: (
    text: string,
    environment?: Readonly<Record<string, string>>,
  ) => readonly Listens[];
  /**
   * Every port of the map is replaced where the configuration listens; all other bytes stay.
   *
   * @param environment for `${NAME}` (Apache); what the text itself defines comes first
   * @throws HitlessError `config-unreadable` for a range of ports that cannot be mapped
   */
  readonly withPorts: (
    text: string,
    ports: PortMap,
    environment?: Readonly<Record<string, string>>,
  ) => string;
  readonly withPidFile: (text: string, path: string) => string;
  /** `withPorts` and `withPidFile`, as a second instance beside the running one needs them. */
  readonly standbyText: (started: Started, text: string, change: StandbyChange) => string;
}

/** Words as a shell takes them, for hints that can be copied. */
export function shellText(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w./@%+=:,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
    .join(' ');
}
