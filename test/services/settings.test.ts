import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { apacheSettings, parseApacheDump } from '../../src/services/apache-settings.js';
import { globPattern, parseBuild, parseDump } from '../../src/services/nginx-dump.js';
import { nginxComplaint } from '../../src/services/nginx-log.js';
import { nginxSettings } from '../../src/services/nginx-settings.js';
import { shellText } from '../../src/services/service.js';

suite('what an nginx configuration keeps', () => {
  const http = (text: string) => nginxSettings(`events {} http { ${text} }`);

  for (const [text, keeps] of [
    ['server {}', true],
    ['keepalive_timeout 0; server {}', false],
    ['keepalive_timeout 0s; server {} server { keepalive_timeout 5; }', true],
    ['server { keepalive_timeout 0; }', false],
    ['keepalive_timeout 0; server { location / { keepalive_timeout 1m; } }', true],
    ['keepalive_timeout 0; # keepalive_timeout 9;\n server {}', false],
    ['upstream u { keepalive_timeout 60s; } keepalive_timeout 0; server {}', false],
  ] as const) {
    test(`${text.replace('\n', ' ')}: idle clients are ${keeps ? '' : 'not '}kept`, () => {
      assert.equal(http(text).keepsIdleClients, keeps);
    });
  }

  test('a stream keeps no idle HTTP clients', () => {
    assert.equal(nginxSettings('stream { server { listen 1; } }').keepsIdleClients, false);
  });

  test('keepalive_min_timeout spares idle clients only when it outlasts keepalive_timeout', () => {
    const spares = (text: string) => http(`${text} server {}`).sparesIdleClients;
    assert.equal(spares('keepalive_timeout 1m; keepalive_min_timeout 60s;'), true);
    assert.equal(spares('keepalive_timeout 1m; keepalive_min_timeout 59s;'), false);
    assert.equal(spares('keepalive_timeout 1m;'), false);
  });

  test('time-outs, workers, reuseport and logs are read as they are written', () => {
    const text =
      'worker_processes auto; worker_shutdown_timeout 5s; error_log /a; http { server { listen 1 reuseport; error_log /b warn; } }';
    const { keepsIdleClients: _k, sparesIdleClients: _s, ...rest } = nginxSettings(text);
    assert.deepEqual(rest, {
      shutdownTimeout: '5s',
      workerProcesses: 'auto',
      reuseport: true,
      errorLogs: ['/a', '/b'],
    });
  });
});

suite('what nginx prints', () => {
  test('-T: the main file with every include in its place', () => {
    const { files, text } = parseDump(
      [
        '# configuration file /e/nginx.conf:',
        'http { include conf.d/*.conf; include /x/y; }',
        '',
        '# configuration file /e/conf.d/b.conf:',
        'b;',
        '# configuration file /e/conf.d/a.conf:',
        'a;',
        '# configuration file /x/y:',
        'y;',
      ].join('\n'),
    );
    assert.deepEqual(
      files.map(({ path }) => path),
      ['/e/nginx.conf', '/e/conf.d/b.conf', '/e/conf.d/a.conf', '/x/y'],
    );
    assert.equal(text.replaceAll(/\s+/g, ' '), 'http { a; b; y; } ');
  });

  test('patterns match as glob(3) has it', () => {
    for (const [pattern, path, matches] of [
      ['/e/*.conf', '/e/a.conf', true],
      ['/e/*.conf', '/e/d/a.conf', false],
      ['/e/a.conf', '/e/a-conf', false],
      ['/e/?.[ab]', '/e/x.b', true],
      ['/e/[!a].c', '/e/a.c', false],
    ] as const) {
      assert.equal(globPattern(pattern).test(path), matches, `${pattern} ${path}`);
    }
  });

  test('-V: where it keeps things', () => {
    const said =
      "nginx version: nginx/1.22.1\nconfigure arguments: --with-x='-O2' --prefix=/p --error-log-path=stderr\n";
    assert.deepEqual(parseBuild(said), { prefix: '/p', errorLog: 'stderr' });
  });

  test('its error log: a bind is tried again until it gives up, and only its own lines count', () => {
    const line = (pid: number, text: string) =>
      `2026/01/02 03:04:05 [emerg] ${pid}#${pid}: ${text}\n`;
    const bind = line(7, 'bind() to 0.0.0.0:81 failed (98: Address already in use)');
    const message = 'bind() to 0.0.0.0:81 failed (98: Address already in use)';
    assert.deepEqual(nginxComplaint(bind, 7), { message, final: false });
    assert.deepEqual(nginxComplaint(bind + line(7, 'still could not bind()'), 7), {
      message,
      final: true,
    });
    assert.deepEqual(nginxComplaint(line(7, 'unknown directive'), 7)?.final, true);
    assert.equal(nginxComplaint(bind, 8), undefined);
    assert.equal(nginxComplaint('2026/01/02 03:04:05 [notice] 7#7: x\n', 7), undefined);
  });
});

suite('what Apache prints and keeps', () => {
  const OUTPUT = [
    'Included configuration files:',
    '  (*) /e/apache2.conf',
    '    (12) /e/ports.conf',
    '    (12) /e/ports.conf',
    'ServerRoot: "/e"',
    'Main ErrorLog: "/var/log/error.log"',
    'Loaded Modules:',
    ' core_module (static)',
    ' mpm_event_module (shared)',
  ].join('\n');

  test('files, modules and log', () => {
    const { files, modules, errorLog } = parseApacheDump(OUTPUT);
    assert.deepEqual(files, ['/e/apache2.conf', '/e/ports.conf']);
    assert.deepEqual([...modules], ['core_module', 'mpm_event_module']);
    assert.equal(errorLog, '/var/log/error.log');
  });

  test('what a module or a name takes away does not count', () => {
    const text = [
      'Listen 80',
      '<IfModule ssl_module>',
      'Listen 443',
      '</IfModule>',
      '<IfModule mod_ssl.c>',
      'Listen 444',
      '</IfModule>',
      '<IfModule event.c>',
      '<IfDefine !X>',
      'Listen 81',
      '</IfDefine>',
      '<IfDefine Y>',
      'Listen ${P}',
      '</IfDefine>',
      '</IfModule>',
    ].join('\n');
    const { modules } = parseApacheDump(OUTPUT);
    const locals = (defines: readonly string[]) =>
      apacheSettings(text, modules, { P: '82' }, defines).listens.map(({ local }) => local);
    assert.deepEqual(locals([]), ['[::]:80', '[::]:81']);
    assert.deepEqual(locals(['X', 'Y']), ['[::]:80', '[::]:82']);
  });

  test('clients are kept unless every KeepAlive says off', () => {
    const keeps = (text: string) => apacheSettings(text, new Set(), {}, []).keepsIdleClients;
    assert.equal(keeps(''), true);
    assert.equal(keeps('KeepAlive off'), false);
    assert.equal(keeps('KeepAlive Off\n<VirtualHost *:80>\nkeepalive On\n</VirtualHost>'), true);
  });
});

test('words for a shell are quoted where they must be', () => {
  assert.equal(shellText(['a', '-g', "daemon off; it's"]), "a -g 'daemon off; it'\\''s'");
});
