import { ID_HEADER } from './haproxy-config.js';

export interface ApacheSpec {
  /** Holds everything that this server writes. */
  readonly serverRoot: string;
  readonly documentRoot: string;
  readonly accessLog: string;
  readonly pidFile: string;
  readonly ports: readonly number[];
  /** Set when it is started as root: workers run as nobody then. Apache refuses to serve as root. */
  readonly asRoot: boolean;
}

/** Debian's place for modules. */
const MODULES = '/usr/lib/apache2/modules';
const NOBODY = '#65534';
const THREADS_PER_CHILD = 128;
const CHILDREN = 16;

/**
 * The configuration of one origin server. No child is ever retired (spare threads, requests a
 * connection and requests a child are unlimited): an origin that closes kept connections by itself
 * would put its own losses into the measurement.
 */
export function apacheConfig(spec: ApacheSpec): string {
  const workers = THREADS_PER_CHILD * CHILDREN;
  const lines = [
    `ServerRoot "${spec.serverRoot}"`,
    `DefaultRuntimeDir "${spec.serverRoot}"`,
    `PidFile "${spec.pidFile}"`,
    'ServerName lab',
    ...spec.ports.map((port) => `Listen ${port}`),
    ...['mpm_event', 'authz_core', 'dir'].flatMap(loadLines),
    ...(spec.asRoot ? [`User ${NOBODY}`, `Group ${NOBODY}`] : []),
    'KeepAlive On',
    'KeepAliveTimeout 120',
    'MaxKeepAliveRequests 0',
    'ListenBacklog 4096',
    'StartServers 2',
    `ThreadsPerChild ${THREADS_PER_CHILD}`,
    `ServerLimit ${CHILDREN}`,
    `MaxRequestWorkers ${workers}`,
    `MaxSpareThreads ${workers}`,
    'MaxConnectionsPerChild 0',
    // To stderr, which is the log of the lab's process.
    'ErrorLog "/proc/self/fd/2"',
    `LogFormat "%{${ID_HEADER}}i %>s %B %U" lab`,
    `CustomLog "${spec.accessLog}" lab`,
    `DocumentRoot "${spec.documentRoot}"`,
    `<Directory "${spec.documentRoot}">`,
    '  Require all granted',
    '  DirectoryIndex index.html',
    '</Directory>',
  ];
  return `${lines.join('\n')}\n`;
}

export interface ApacheProxySpec extends Pick<ApacheSpec, 'serverRoot' | 'pidFile' | 'asRoot'> {
  readonly errorLog: string;
  /** `ADDRESS:PORT` of each origin. */
  readonly origins: readonly string[];
  /** Whether clients may stay connected between two requests; yes by default. */
  readonly keepAlive?: boolean;
  readonly extra?: readonly string[];
}

/** An Apache on port 80 that passes all requests on. */
export function apacheProxyConfig(spec: ApacheProxySpec): string {
  const lines = [
    `ServerRoot "${spec.serverRoot}"`,
    `DefaultRuntimeDir "${spec.serverRoot}"`,
    `PidFile "${spec.pidFile}"`,
    'ServerName lab',
    'Listen 80',
    ...PROXY_MODULES.flatMap(loadLines),
    ...(spec.asRoot ? [`User ${NOBODY}`, `Group ${NOBODY}`] : []),
    `KeepAlive ${spec.keepAlive === false ? 'Off' : 'On'}`,
    'KeepAliveTimeout 300',
    'MaxKeepAliveRequests 0',
    'ListenBacklog 4096',
    'StartServers 2',
    `ThreadsPerChild ${THREADS_PER_CHILD}`,
    `ServerLimit ${CHILDREN}`,
    `MaxRequestWorkers ${THREADS_PER_CHILD * CHILDREN}`,
    `ErrorLog "${spec.errorLog}"`,
    ...(spec.extra ?? []),
    '<Proxy balancer://web>',
    ...spec.origins.map((origin) => `  BalancerMember http://${origin}`),
    '  ProxySet lbmethod=byrequests',
    '</Proxy>',
    'ProxyPass / balancer://web/',
  ];
  return `${lines.join('\n')}\n`;
}

const PROXY_MODULES = [
  ...['mpm_event', 'authz_core', 'proxy', 'proxy_http', 'slotmem_shm', 'proxy_balancer'],
  ...['lbmethod_byrequests', 'lbmethod_bytraffic'],
];

/** A module may be compiled in; loading it again is an error. */
function loadLines(name: string): readonly string[] {
  const load = `  LoadModule ${name}_module ${MODULES}/mod_${name}.so`;
  return [`<IfModule !${name}_module>`, load, '</IfModule>'];
}
