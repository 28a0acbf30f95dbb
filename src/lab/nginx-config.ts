export interface NginxProxySpec {
  /** Holds everything that this nginx writes. */
  readonly dir: string;
  readonly pidFile: string;
  readonly errorLog: string;
  /** `ADDRESS:PORT` of each origin. */
  readonly origins: readonly string[];
  /** Set when it is started as root: workers run as nobody then. */
  readonly asRoot: boolean;
  readonly workers?: number;
  /** How long a client may stay connected between two requests; 0: not at all. */
  readonly keepaliveTimeout?: string;
  /** Of both listen directives, such as `reuseport`. */
  readonly listenOptions?: string;
  /** Lines outside all blocks. */
  readonly main?: readonly string[];
}

const DEFAULT_WORKERS = 2;
/** Longer than any trial, so that nothing but a reload closes a kept connection. */
const DEFAULT_KEEPALIVE = '300s';

/** An nginx on port 80 that passes all requests on. Pure. */
export function nginxProxyConfig(spec: NginxProxySpec): string {
  const listenOptions = spec.listenOptions === undefined ? '' : ` ${spec.listenOptions}`;
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const lines = [
    `pid ${spec.pidFile};`,
    `error_log ${spec.errorLog} notice;`,
    `worker_processes ${spec.workers ?? DEFAULT_WORKERS};`,
    ...(spec.asRoot ? ['user nobody nogroup;'] : []),
    ...(spec.main ?? []),
    'events { worker_connections 8192; }',
    'http {',
    '  access_log off;',
    ...temporary.map((name) => `  ${name}_temp_path ${spec.dir}/${name};`),
    `  keepalive_timeout ${spec.keepaliveTimeout ?? DEFAULT_KEEPALIVE};`,
    '  keepalive_requests 100000000;',
    '  upstream web {',
    ...spec.origins.map((origin) => `    server ${origin};`),
    '    keepalive 64;',
    '  }',
    '  server {',
    `    listen 80 backlog=4096${listenOptions};`,
    `    listen [::]:80 backlog=4096${listenOptions};`,
    '    location / {',
    '      proxy_pass http://web;',
    '      proxy_http_version 1.1;',
    '      proxy_set_header Connection "";',
    '    }',
    '  }',
    '}',
  ];
  return `${lines.join('\n')}\n`;
}
