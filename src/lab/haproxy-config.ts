/** What a lab's HAProxy does, as far as labs vary it; anything else goes into `lines`. */
export interface HaproxySpec {
  readonly statsSocket: string;
  readonly frontends: readonly FrontendSpec[];
  readonly backends: readonly BackendSpec[];
  /** `HOST:PORT` of a UDP receiver, for instance a lab's log sink. */
  readonly logTarget?: string;
  /** Further lines of `global` and `defaults`. */
  readonly globalLines?: readonly string[];
  readonly defaultsLines?: readonly string[];
  /** Lines after all sections: whole sections of your own. */
  readonly sections?: readonly string[];
}

export type ProxyMode = 'http' | 'tcp';

export interface FrontendSpec {
  readonly name: string;
  readonly mode?: ProxyMode;
  /** What follows `bind`: `:80`, `[fd77::1]:80 v6only`, `/run/web.sock`, `:443 ssl crt FILE`. */
  readonly binds: readonly string[];
  readonly backend: string;
  readonly idleCloseOnResponse?: boolean;
  readonly lines?: readonly string[];
}

export interface BackendSpec {
  readonly name: string;
  readonly mode?: ProxyMode;
  readonly balance?: string;
  readonly servers: readonly ServerSpec[];
  readonly lines?: readonly string[];
}

export interface ServerSpec {
  readonly name: string;
  /** `10.77.0.11:80`, `[fd77::11]:80`. */
  readonly address: string;
  /** What follows the address: `check inter 200ms`. */
  readonly options?: string;
}

const DEFAULT_BALANCE = 'roundrobin';
/** Above what one lab client opens at a time (a full proxy queues, which is another question); each
 * connection takes two descriptors, and limits of 20,000 are met. */
const MAXCONN = 8_000;

/** The header by which a request is known in every log. Its values hold no spaces. */
export const ID_HEADER = 'x-hitless-id';

/** The configuration file of a lab's HAProxy. Runs as whoever starts it: there is no `user` line. */
export function haproxyConfig(spec: HaproxySpec): string {
  const sections = [
    globalSection(spec),
    defaultsSection(spec),
    ...spec.frontends.map((frontend) => frontendSection(frontend, spec.logTarget !== undefined)),
    ...spec.backends.map(backendSection),
  ];
  return `${sections.map(sectionText).join('\n\n')}\n${(spec.sections ?? []).join('\n')}\n`;
}

type Section = readonly [head: string, lines: readonly string[]];

function sectionText([head, lines]: Section): string {
  return [head, ...lines.map((line) => `    ${line}`)].join('\n');
}

function globalSection(spec: HaproxySpec): Section {
  const lines = [
    `maxconn ${MAXCONN}`,
    `stats socket ${spec.statsSocket} mode 600 level admin expose-fd listeners`,
    'stats timeout 1h',
    ...(spec.logTarget === undefined ? [] : [`log ${spec.logTarget} format raw local0`]),
  ];
  return ['global', [...lines, ...(spec.globalLines ?? [])]];
}

function defaultsSection(spec: HaproxySpec): Section {
  const lines = [
    'mode http',
    `maxconn ${MAXCONN}`,
    'timeout connect 5s',
    'timeout client 1m',
    'timeout server 1m',
    'timeout http-keep-alive 1m',
    'timeout tunnel 1h',
    'option http-keep-alive',
  ];
  return ['defaults', [...lines, ...(spec.defaultsLines ?? [])]];
}

function frontendSection(frontend: FrontendSpec, logs: boolean): Section {
  const mode = frontend.mode ?? 'http';
  const lines = [
    `mode ${mode}`,
    ...frontend.binds.map((bind) => `bind ${bind}`),
    ...(frontend.idleCloseOnResponse === true ? ['option idle-close-on-response'] : []),
    ...(logs ? logLines(mode) : []),
    ...(frontend.lines ?? []),
    `default_backend ${frontend.backend}`,
  ];
  return [`frontend ${frontend.name}`, lines];
}

/** One line a request: its id, pid of the worker, server, status, termination state. */
function logLines(mode: ProxyMode): readonly string[] {
  if (mode === 'tcp') return ['log global', 'log-format "- %pid %s - %ts"'];
  return [
    'log global',
    `http-request capture req.hdr(${ID_HEADER}) len 64`,
    'log-format "%[capture.req.hdr(0)] %pid %s %ST %tsc"',
  ];
}

function backendSection(backend: BackendSpec): Section {
  const lines = [
    `mode ${backend.mode ?? 'http'}`,
    `balance ${backend.balance ?? DEFAULT_BALANCE}`,
    ...(backend.lines ?? []),
    ...backend.servers.map((server) =>
      `server ${server.name} ${server.address} ${server.options ?? ''}`.trimEnd(),
    ),
  ];
  return [`backend ${backend.name}`, lines];
}
