import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { nginx } from '../../src/services/nginx.js';
import { statementsOf } from '../../src/services/nginx-statements.js';
import { nginxInlined } from '../../src/services/includes.js';

const MAP = new Map([
  [80, 8081],
  [443, 8443],
]);

/** Text of a server block, before and after the ports have been replaced. */
const LISTENS: readonly (readonly [string, string])[] = [
  ['listen 80;', 'listen 8081;'],
  ['listen 80 default_server reuseport;', 'listen 8081 default_server reuseport;'],
  ['listen 127.0.0.1:80;', 'listen 127.0.0.1:8081;'],
  ['listen *:80;', 'listen *:8081;'],
  ['listen localhost:80;', 'listen localhost:8081;'],
  ['listen [::]:80 ipv6only=on;', 'listen [::]:8081 ipv6only=on;'],
  ['listen [::1];', 'listen [::1]:8081;'],
  ['listen 10.0.0.1;', 'listen 10.0.0.1:8081;'],
  ['listen "80";', 'listen "8081";'],
  ["listen '[::]:443' ssl;", "listen '[::]:8443' ssl;"],
  ['listen 443 ssl http2; # listen 80;', 'listen 8443 ssl http2; # listen 80;'],
  ['listen 8080;', 'listen 8080;'],
  ['listen 800;', 'listen 800;'],
  ['listen unix:/run/80;', 'listen unix:/run/80;'],
  ['listen unix:/run/a:80;', 'listen unix:/run/a:80;'],
  ['listen 443 quic; listen 443 ssl;', 'listen 443 quic; listen 8443 ssl;'],
  ['listen\n\t80\n;', 'listen\n\t8081\n;'],
  ['listen 80;add_header X "listen 80;";', 'listen 8081;add_header X "listen 80;";'],
  ['listen 80; set $a "${b}80";', 'listen 8081; set $a "${b}80";'],
  ['listen 80; proxy_pass http://h:80;', 'listen 8081; proxy_pass http://h:80;'],
  [
    'listen 80; content_by_lua_block { -- }\n local s = "}"; if a then b = {listen = 80} end }',
    'listen 8081; content_by_lua_block { -- }\n local s = "}"; if a then b = {listen = 80} end }',
  ],
];

suite('nginx on other ports', () => {
  for (const [before, after] of LISTENS) {
    test(`${before.replaceAll('\n', ' ')} becomes ${after.replaceAll('\n', ' ')}`, () => {
      const wrap = (text: string): string => `events {}\nhttp { server { ${text}\n } }`;
      assert.equal(nginx.withPorts(wrap(before), MAP), wrap(after));
    });
  }

  test('a server without listen gets one, since it listens on port 80', () => {
    assert.equal(
      nginx.withPorts('http { server { root /a; } server { listen 81; } }', MAP),
      'http { server { listen 8081; root /a; } server { listen 81; } }',
    );
  });

  test('a server of an upstream is no server that listens', () => {
    const text = 'http { upstream u { server 10.0.0.1:80; } server { listen 81; } }';
    assert.equal(nginx.withPorts(text, MAP), text);
  });

  test('a stream server is moved too, its UDP ports are not', () => {
    assert.equal(
      nginx.withPorts('stream { server { listen 443; } server { listen 80 udp; } }', MAP),
      'stream { server { listen 8443; } server { listen 80 udp; } }',
    );
  });

  test('a range of ports with a mapped one in it is refused, another one kept', () => {
    assert.throws(
      () => nginx.withPorts('http { server { listen 70-90; } }', MAP),
      (error: unknown) => (error as { code: string }).code === 'config-unreadable',
    );
    const other = 'http { server { listen 100-110; } }';
    assert.equal(nginx.withPorts(other, MAP), other);
  });

  test('whatever the text, nothing changes when no port is to change', () => {
    fc.assert(
      fc.property(fc.string({ unit: soup }), (text) => {
        assert.equal(nginx.withPorts(text, new Map()), text);
      }),
    );
  });

  test('whatever the text, every word stands where it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: soup }), (text) => {
        for (const { words, start, end } of statementsOf(text)) {
          assert.ok(start <= end && end <= text.length);
          for (const word of words) assert.ok(word.start < word.end && word.end <= text.length);
        }
      }),
    );
  });

  test('there and back again is the same text, byte for byte', () => {
    const back = new Map([...MAP].map(([from, to]) => [to, from] as const));
    const config = fc
      .array(fc.tuple(fc.constantFrom(...LISTENS.map(([before]) => before)), blanks))
      .filter((parts) => parts.length > 0)
      .map(
        (parts) => `http {\n${parts.map(([text, gap]) => `server {${gap}${text}\n}`).join('')}}`,
      );
    fc.assert(
      fc.property(config, (text) => {
        const there = nginx.withPorts(text, MAP);
        // An address without a port gets one, and keeps it.
        const explicit = text
          .replaceAll('[::1];', '[::1]:80;')
          .replaceAll('10.0.0.1;', '10.0.0.1:80;');
        assert.equal(nginx.withPorts(there, back), explicit);
      }),
    );
  });
});

const soup = fc.constantFrom(
  ...'listen http{ server{ } ; " \' # \\ \n ${ 80 443 : [::] unix:'.split(' '),
  ' ',
);
const blanks = fc.constantFrom(' ', '\n', '\t# listen 80;\n', '\r\n  ');

suite('nginx beside itself', () => {
  test('the pid file is replaced where there is one, else named first', () => {
    assert.equal(nginx.withPidFile('user a;\npid /run/a.pid;\n', '/b'), 'user a;\npid /b;\n');
    assert.equal(nginx.withPidFile('http {}', '/b'), 'pid /b;\nhttp {}');
    assert.equal(nginx.withPidFile('', '/a b"c'), 'pid "/a b\\"c";\n');
  });

  test('a pid file named with -g is replaced there and not named twice', () => {
    const started = nginx.startedAs(['nginx: master process nginx -g pid /run/x.pid; user a;']);
    const change = { ports: MAP, pidFile: '/b' };
    assert.equal(nginx.standbyText(started, 'events {}', change), 'events {}');
    assert.deepEqual(nginx.startArgv(started, { program: '/n', pidFile: '/b' }), [
      ...['/n', '-g', 'pid /b; user a;'],
    ]);
  });

  test('redirects do not show the other port to clients', () => {
    const started = nginx.startedAs(['nginx: master process nginx']);
    const change = { ports: MAP, pidFile: '/b' };
    assert.equal(
      nginx.standbyText(started, 'http { server { listen 80; } }', change),
      'pid /b;\nhttp { port_in_redirect off; server { listen 8081; } }',
    );
    const chosen = 'http { server { listen 82; port_in_redirect on; } }';
    assert.equal(nginx.standbyText(started, chosen, change), `pid /b;\n${chosen}`);
  });

  test('includes become part of the text, in circles they are refused', () => {
    const files: Readonly<Record<string, string>> = { a: 'b 1; # end', c: 'include a;' };
    const included = (pattern: string) =>
      pattern === '*'
        ? [
            { path: 'a', text: files['a'] ?? '' },
            { path: 'c', text: files['c'] ?? '' },
          ]
        : [{ path: pattern, text: files[pattern] ?? `include ${pattern};` }];
    assert.equal(
      nginxInlined('x { include *; }', included),
      'x { \nb 1; # end\n\n\nb 1; # end\n\n }',
    );
    assert.throws(() => nginxInlined('include me;', included), /circle/);
  });
});

suite('how nginx was started', () => {
  const started = (title: string) => nginx.startedAs([title, '', '']);

  test('its title holds its words, joined by spaces', () => {
    assert.deepEqual(
      started(
        'nginx: master process /usr/sbin/nginx -c /etc/n x.conf -p /a -g daemon off; user b;',
      ),
      { configFile: '/etc/n x.conf', directives: 'daemon off; user b;', others: ['-p', '/a'] },
    );
    assert.deepEqual(started('nginx: master process nginx'), {
      configFile: undefined,
      directives: '',
      others: [],
    });
  });

  test('a process without a title (master_process off) is read word by word', () => {
    assert.deepEqual(nginx.startedAs(['nginx', '-c/etc/a.conf', '-g', 'daemon off;', '-q']), {
      configFile: '/etc/a.conf',
      directives: 'daemon off;',
      others: [],
    });
  });

  test('the check and the start repeat them', () => {
    const how = started('nginx: master process nginx -p /p -c a.conf -e /log -g daemon off;');
    const words = [
      '/usr/sbin/nginx',
      '-c',
      'a.conf',
      '-p',
      '/p',
      '-e',
      '/log',
      '-g',
      'daemon off;',
    ];
    assert.deepEqual(nginx.startArgv(how, { program: '/usr/sbin/nginx' }), words);
    assert.deepEqual(nginx.checkArgv(how, { program: '/usr/sbin/nginx' }), [...words, '-t']);
    assert.ok(nginx.startArgv(how, { program: 'n', configFile: '/b' }).includes('/b'));
  });

  test('a worker that is shutting down is known by its title', () => {
    assert.equal(nginx.roleOf(['nginx: master process nginx'], false), 'master');
    assert.equal(nginx.roleOf(['nginx: worker process'], true), 'worker');
    assert.equal(nginx.roleOf(['nginx: worker process is shutting down'], true), 'retired');
    assert.equal(nginx.roleOf(['nginx: cache manager process'], true), 'other');
  });
});

test('where nginx listens is told as the kernel names it', () => {
  const text =
    'http { server { listen 80 reuseport; listen [::]:80; listen unix:/s; } server {} } stream { server { listen 1-2 udp; } }';
  assert.deepEqual(
    nginx.listens(text).map(({ local, family, udp, reuseport }) => [local, family, udp, reuseport]),
    [
      ['0.0.0.0:80', 'ipv4', false, true],
      ['[::]:80', 'ipv6', false, false],
      ['/s', 'unix', false, false],
      ['0.0.0.0:1', 'ipv4', true, false],
      ['0.0.0.0:2', 'ipv4', true, false],
      ['0.0.0.0:80', 'ipv4', false, false],
    ],
  );
});
