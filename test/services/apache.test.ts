import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import fc from 'fast-check';
import { apache } from '../../src/services/apache.js';
import { directivesOf } from '../../src/services/apache-lines.js';
import { apacheInlined } from '../../src/services/includes.js';

const MAP = new Map([
  [80, 8081],
  [443, 8443],
]);

const LINES: readonly (readonly [string, string])[] = [
  ['Listen 80', 'Listen 8081'],
  ['  listen\t80  ', '  listen\t8081  '],
  ['Listen 127.0.0.1:80', 'Listen 127.0.0.1:8081'],
  ['Listen [::]:80', 'Listen [::]:8081'],
  ['Listen "*:443" https', 'Listen "*:8443" https'],
  ['Listen \\\n 80', 'Listen \\\n 8081'],
  ['Listen 8080', 'Listen 8080'],
  ['ListenBacklog 80', 'ListenBacklog 80'],
  ['# Listen 80', '# Listen 80'],
  ['# Listen 81 \\\nListen 80', '# Listen 81 \\\nListen 80'],
  ['<VirtualHost *:80>', '<VirtualHost *:8081>'],
  ['<VirtualHost *:80 [::1]:443 a.example:80>', '<VirtualHost *:8081 [::1]:8443 a.example:8081>'],
  ['<VirtualHost "_default_:443" >', '<VirtualHost "_default_:8443" >'],
  ['<VirtualHost *>', '<VirtualHost *>'],
  ['</VirtualHost>', '</VirtualHost>'],
  ['ServerName a.example:80', 'ServerName a.example:80'],
  ['ProxyPass / http://10.0.0.1:80/', 'ProxyPass / http://10.0.0.1:80/'],
  ['RewriteCond %{SERVER_PORT} ^80$', 'RewriteCond %{SERVER_PORT} ^80$'],
];

suite('Apache on other ports', () => {
  for (const [before, after] of LINES) {
    test(`${before.replaceAll('\n', ' ')} becomes ${after.replaceAll('\n', ' ')}`, () => {
      assert.equal(apache.withPorts(`${before}\nEnd 1\n`, MAP), `${after}\nEnd 1\n`);
    });
  }

  test('a port behind a name is written out where it is listened on, and only there', () => {
    assert.equal(
      apache.withPorts('Define P 80\nListen ${P}\nHeader set X ${P}\n', MAP),
      'Define P 80\nListen 8081\nHeader set X ${P}\n',
    );
    assert.equal(
      apache.withPorts('Listen 10.0.0.1:${Q}', MAP, { Q: '443' }),
      'Listen 10.0.0.1:8443',
    );
    assert.equal(
      apache.withPorts('Listen ${A}', MAP, { A: '10.0.0.1:80' }),
      'Listen 10.0.0.1:8081',
    );
    assert.equal(apache.withPorts('Listen ${NONE}', MAP), 'Listen ${NONE}');
  });

  test('whatever the text, nothing changes when no port is to change', () => {
    fc.assert(
      fc.property(fc.string({ unit: soup }), (text) => {
        assert.equal(apache.withPorts(text, new Map()), text);
      }),
    );
  });

  test('whatever the text, every word stands where it says', () => {
    fc.assert(
      fc.property(fc.string({ unit: soup }), (text) => {
        for (const { words, start, end } of directivesOf(text)) {
          assert.ok(start < end && end <= text.length);
          for (const word of words) assert.ok(word.start < word.end && word.end <= end);
        }
      }),
    );
  });

  test('there and back again is the same text, byte for byte', () => {
    const back = new Map([...MAP].map(([from, to]) => [to, from] as const));
    const lines = fc.array(fc.tuple(fc.constantFrom(...LINES.map(([before]) => before)), breaks));
    fc.assert(
      fc.property(lines, (parts) => {
        const text = parts.map(([line, end]) => line + end).join('');
        assert.equal(apache.withPorts(apache.withPorts(text, MAP), back), text);
      }),
    );
  });
});

const soup = fc.constantFrom(
  ...'Listen <VirtualHost > 80 *:443 " \' # \\ ${P} [::]:'.split(' '),
  '\n',
  ' ',
);
const breaks = fc.constantFrom('\n', '\r\n', '\n\n# Listen 80\n', '\n   \n');

suite('Apache beside itself', () => {
  test('the last pid file is replaced, or one is added at the end', () => {
    assert.equal(
      apache.withPidFile('PidFile /a\nListen 80\npidfile "/b"\n', '/c'),
      'PidFile /a\nListen 80\nPidFile "/c"\n',
    );
    assert.equal(apache.withPidFile('Listen 80', '/c'), 'Listen 80\nPidFile "/c"\n');
  });

  test('a standby has its own ports and pid file', () => {
    const started = apache.startedAs(['apache2', '-k', 'start']);
    assert.equal(
      apache.standbyText(started, 'Listen 80\n', { ports: MAP, pidFile: '/c' }),
      'Listen 8081\nPidFile "/c"\n',
    );
  });

  test('includes become part of the text', () => {
    const included = (pattern: string) =>
      pattern === '/e/a' ? [{ path: '/e/a', text: 'Listen 80' }] : [];
    const text = 'Include ${E}/a\nIncludeOptional none/*\n';
    assert.equal(apacheInlined(text, included, { E: '/e' }), '\nListen 80\n\n\n');
  });
});

suite('how Apache was started', () => {
  test('what only said what to do is left out, the rest repeated', () => {
    const started = apache.startedAs([
      ...[
        '/usr/sbin/apache2',
        '-k',
        'start',
        '-DFOREGROUND',
        '-D',
        'X',
        '-d',
        '/r',
        '-f',
        'a.conf',
      ],
      ...['-C', 'Listen 80'],
    ]);
    const others = ['-D', 'FOREGROUND', '-D', 'X', '-d', '/r', '-C', 'Listen 80'];
    assert.deepEqual(started, { configFile: 'a.conf', directives: '', others });
    assert.deepEqual(apache.checkArgv(started, { program: '/a' }), [
      ...['/a', ...others, '-f', 'a.conf', '-t'],
    ]);
    assert.deepEqual(apache.startArgv(started, { program: '/a', configFile: '/b' }), [
      ...['/a', ...others, '-f', '/b'],
    ]);
  });

  test('a master is the one whose parent is no Apache', () => {
    assert.equal(apache.roleOf(['apache2'], false), 'master');
    assert.equal(apache.roleOf(['apache2'], true), 'worker');
  });
});

test('where Apache listens is told as the kernel names it', () => {
  const text = 'Define P 82\nListen 80\nListen 10.0.0.1:81\nListen [::1]:${P} https\n';
  assert.deepEqual(
    apache.listens(text).map(({ local }) => local),
    ['[::]:80', '10.0.0.1:81', '[::1]:82'],
  );
});
