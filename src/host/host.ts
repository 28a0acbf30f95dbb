/**
 * The port to the machine: all that reload, steps and services may ask of it.
 * The real one is host/node; tests use a fake with the same behaviour, so that a crash can be
 * planted after every single call.
 */
export interface Host {
  readonly self: ProcessId;
  readonly processes: Processes;
  readonly sockets: Sockets;
  readonly files: Files;
  readonly kernel: Kernel;
  readonly clock: Clock;
  /** One look at a service as a client has it. Undefined when all is well, else what was seen. */
  readonly reach: (target: Reach) => Promise<string | undefined>;
  /** Runs a program to its end. A non-zero exit code is a result, not an error. */
  readonly run: (command: Command) => Promise<CommandResult>;
}

/**
 * One process, for good: a pid alone may have been given to another process since.
 * `startTicks` is field 22 of /proc/PID/stat (clock ticks since boot).
 */
export interface ProcessId {
  readonly pid: number;
  readonly startTicks: number;
}

export interface ProcessInfo extends ProcessId {
  readonly parentPid: number;
  /** One letter as in ps; `Z` is a zombie, which serves nothing any more. */
  readonly state: string;
  readonly argv: readonly string[];
  /** Path of the program; ` (deleted)` is taken off, as after a package upgrade. */
  readonly exe: string;
  readonly cwd: string;
  /** `/` unless the process has called chroot. */
  readonly root: string;
  readonly uid: number;
  readonly gid: number;
  readonly ageMs: number;
  /** It lives in another network / mount / pid namespace than hitless. */
  readonly foreign: { readonly net: boolean; readonly mnt: boolean; readonly pid: boolean };
}

export interface Processes {
  /** Processes whose program's file name begins with `name`, oldest first; zombies are left out. */
  readonly named: (name: string) => Promise<readonly ProcessInfo[]>;
  /** Undefined when there is none. */
  readonly info: (pid: number) => Promise<ProcessInfo | undefined>;
  readonly isAlive: (process: ProcessId) => Promise<boolean>;
  /** The environment that the process was started with. Undefined when it may not be read. */
  readonly environment: (pid: number) => Promise<Readonly<Record<string, string>> | undefined>;
  /** False when that very process is gone. */
  readonly signal: (process: ProcessId, signal: NodeJS.Signals) => Promise<boolean>;
  /**
   * Starts a program that lives on when hitless ends, in a session of its own. Returns when it has
   * been executed, not when it serves.
   */
  readonly start: (command: Detached) => Promise<ProcessId>;
  /**
   * Starts a process that carries commands out as soon as another has ended or the time is over,
   * whichever comes first, and then ends. Returns when it is on watch. SIGTERM ends it before;
   * SIGUSR1 gives it its whole time again.
   */
  readonly startGuard: (guard: Guard) => Promise<ProcessId>;
  /** Guards of that name that are on watch or at work. */
  readonly guardsNamed: (name: string) => Promise<readonly ProcessId[]>;
}

/** For what must not outlive the process that has done it, where the kernel does not see to that. */
export interface Guard {
  readonly name: string;
  readonly watches: ProcessId;
  readonly afterMs: number;
  /** Each is tried again a few times when it fails. */
  readonly commands: readonly (readonly string[])[];
  readonly netNamespaceOf?: number;
}

export interface Command {
  readonly argv: readonly string[];
  readonly cwd?: string;
  /** The whole environment; hitless' own when absent. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Given to it on its standard input. */
  readonly input?: string;
  /** Run in the network and mount namespaces of this process, where they differ from our own. */
  readonly namespacesOf?: number;
  /** Run in the network namespace alone of this process: the program is one of this host. */
  readonly netNamespaceOf?: number;
  readonly user?: { readonly uid: number; readonly gid: number };
}

/** A program that is not waited for. */
export interface Detached extends Omit<Command, 'timeoutMs' | 'input'> {
  /** stdout and stderr are appended to it; dropped when absent. */
  readonly logFile?: string;
}

/** Where to connect, and whether a good HTTP answer (200 to 399) is wanted too. */
export interface Reach {
  readonly host: string;
  readonly port: number;
  /** Request target of a GET; null: a connection that opens is enough. */
  readonly httpPath: string | null;
  readonly timeoutMs: number;
  /** Connect in the network namespace of this process, where it differs from our own. */
  readonly namespaceOf?: number;
}

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** One socket as the kernel shows it in /proc/PID/net. */
export interface Socket {
  readonly family: 'ipv4' | 'ipv6' | 'unix';
  /** `0.0.0.0:80`, `[::]:80`, or the path of a unix socket (`@name` when abstract). */
  readonly local: string;
  /** Empty for a listening or a unix socket. */
  readonly peer: string;
  readonly state: 'listen' | 'established' | 'syn-recv' | 'closing' | 'other';
  /** 0 for a half-open handshake, which belongs to no process yet. */
  readonly inode: number;
  /** For a listening TCP socket the length of its accept queue; else bytes not yet read. */
  readonly receiveQueue: number;
  /** Bytes not yet acknowledged by the peer. */
  readonly sendQueue: number;
  /** Since data last went either way; null where the kernel was not asked. */
  readonly idleMs: number | null;
}

export interface Sockets {
  /** Listening TCP and unix stream sockets in the network namespace of the process. */
  readonly listeners: (pid: number) => Promise<readonly Socket[]>;
  /** Open and half-open connections there: established, closing and syn-recv. */
  readonly connections: (pid: number) => Promise<readonly Socket[]>;
  /** Inodes of the sockets that the process holds open. Empty when it is gone. */
  readonly inodesOf: (pid: number) => Promise<ReadonlySet<number>>;
  /** A connection to a unix stream socket on which commands are asked (HAProxy's runtime API). */
  readonly connect: (path: string, timeoutMs: number) => Promise<RuntimeConnection>;
  /** One TCP connection as a client makes it. A refusal or silence is a result, not an error. */
  readonly call: (call: Call) => Promise<CallResult>;
}

export interface Call {
  readonly address: string;
  readonly port: number;
  /** The address to come from; the kernel's choice when absent. */
  readonly from?: string;
  /** Sent when connected, and the first bytes of the answer waited for. */
  readonly send?: string;
  readonly timeoutMs: number;
}

export interface CallResult {
  readonly connected: boolean;
  /** The first bytes that came back; empty when none were waited for or none came. */
  readonly answer: string;
  /** `ECONNREFUSED`, `no answer`: why it did not go well; empty when it did. */
  readonly trouble: string;
}

export interface RuntimeConnection {
  /**
   * Sends one command and returns the answer without the prompt. Throws `socket-silent`. Text is
   * latin1 both ways: HAProxy knows bytes only. A command may end with `<<` and lines of payload.
   */
  readonly ask: (command: string) => Promise<string>;
  /**
   * Sends commands without waiting for the answer of one before the next, and returns an answer
   * for each. All are carried out, whatever the answers are.
   */
  readonly askAll: (commands: readonly string[]) => Promise<readonly string[]>;
  readonly close: () => void;
}

export interface FileInfo {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modifiedMs: number;
  /** When anything of it was last changed; unlike `modifiedMs` nobody can set that (ctime). */
  readonly changedMs: number;
  /**
   * Another one after each write or replacement (device, inode, size, times), but for writes within
   * one tick of the file system's clock.
   */
  readonly version: string;
  readonly directory: boolean;
}

export interface Files {
  /** Undefined when there is no such file. */
  readonly read: (path: string) => Promise<Buffer | undefined>;
  readonly info: (path: string) => Promise<FileInfo | undefined>;
  /** Names in a folder in byte order; empty when there is none. */
  readonly list: (path: string) => Promise<readonly string[]>;
  /** Where a path leads when every symlink is followed. */
  readonly resolve: (path: string) => Promise<string>;
  /**
   * Replaces a file as a whole and durably (temporary file, fsync, rename, fsync of the folder).
   * Symlink, owner and mode stay as they were; `mode` counts for a new file.
   */
  readonly replace: (path: string, content: Buffer, mode?: number) => Promise<void>;
  /** Appends and fsyncs. Makes the file (0600) and its folder (0700) when needed. */
  readonly append: (path: string, content: string) => Promise<void>;
  /**
   * Makes a file with this content, in one go, only if there is none; false when there is one.
   * Killed half-way it leaves `PATH.hitless-PID`, as `replace` does.
   */
  readonly create: (path: string, content: string) => Promise<boolean>;
  /**
   * How long a file is, and what stands behind its first `from` bytes (at most the last 64 KiB of
   * it; nothing when `from` is null). For logs, which grow without limit. Undefined: no such file.
   */
  readonly appended: (
    path: string,
    from: number | null,
  ) => Promise<{ readonly sizeBytes: number; readonly text: string } | undefined>;
  readonly remove: (path: string) => Promise<void>;
  /** Makes a second name for a file or socket; nothing happens when there is no such file. */
  readonly link: (path: string, second: string) => Promise<void>;
  /** Renames over whatever is there; nothing happens when `from` does not exist. */
  readonly moveOver: (from: string, to: string) => Promise<void>;
}

export interface Kernel {
  /** `net.ipv4.x` as the network namespace of the process sees it; undefined when unknown there. */
  readonly sysctl: (name: string, pid: number) => Promise<string | undefined>;
  readonly setSysctl: (name: string, value: string, pid: number) => Promise<void>;
  /** Changes at every boot: a pid from an earlier boot means nothing. */
  readonly bootId: () => Promise<string>;
}

export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}
