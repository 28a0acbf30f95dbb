import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { diagnose } from '../../../src/haproxy/config/diagnostics.js';
import { parseText, printText, type Document } from '../../../src/haproxy/config/document.js';
import { setBalance } from '../../../src/haproxy/config/edit.js';
import { setStatement } from '../../../src/haproxy/config/edit-statement.js';
import { resolve } from '../../../src/haproxy/config/resolve.js';
import { wordsOf } from '../../../src/haproxy/config/sections.js';
import { tokensOf } from '../../../src/haproxy/config/tokens.js';

/** One of each kind, as the manual writes them. */
const SECTIONS: Readonly<Record<string, string>> = {
  global: 'global # one\n\tdaemon\n\tstats socket "/run/a b" level admin\n',
  defaults: 'defaults base\n  mode http\n  no option httplog\n',
  frontend: 'frontend www from base\n  bind :80,:81 # both\n  acl x path_beg "/a b" /c\\ d\n',
  backend: "backend app\n  server s1 10.0.0.1:80 cookie 'a#b'\n",
  listen: 'listen stats\n  bind 127.0.0.1:9000\n  stats enable\n',
  peers: 'peers mine\n  peer a 10.0.0.1:1024\n  table t type ip size 1m store gpc0\n',
  resolvers: 'resolvers dns\n  nameserver n1 10.0.0.53:53\n  hold valid 10s\n',
  userlist: 'userlist people\n  group g users u\n  user u insecure-password "p w"\n',
  cache: 'cache small\n  total-max-size 4\n  max-age 240\n',
  ring: 'ring logs\n  size 32768\n  server s 127.0.0.1:6514\n',
  'http-errors': 'http-errors site\n  errorfile 503 /etc/haproxy/503.http\n',
  program: 'program agent\n  command /usr/bin/agent -x "1 2"\n  no option start-on-reload\n',
  mailers: 'mailers m\n  mailer smtp1 192.168.0.1:587\n',
  'fcgi-app': 'fcgi-app php\n  docroot /var/www\n  index index.php\n',
  'log-forward': 'log-forward syslog\n  dgram-bind 127.0.0.1:1514\n  log ring@logs local0\n',
  'crt-store': 'crt-store web\n  crt-base /etc/ssl\n  load crt a.pem alias a\n',
  traces: 'traces\n  trace h1 sink buf0\n',
};

const ALL = Object.values(SECTIONS).join('\n');

for (const [kind, text] of Object.entries(SECTIONS)) {
  test(`a section "${kind}" has its statements, among others and alone`, () => {
    for (const whole of [text, ALL]) {
      const section = resolve([parseText('a.cfg', whole)]).sections.find(
        (one) => one.kind === kind,
      );
      assert.ok(section);
      assert.equal(section.statements.length, text.split('\n').length - 2);
      assert.equal(section.name, /^\S+ (?!#)(\S+)/.exec(text)?.[1] ?? '');
    }
    assertLossless(parseText('a.cfg', text), text);
  });
}

test('all kinds together are in order, and nothing is wrong', () => {
  const config = resolve([parseText('a.cfg', ALL)]);
  assert.deepEqual(
    config.sections.map(({ kind }) => kind),
    Object.keys(SECTIONS),
  );
  assert.deepEqual(diagnose(config), []);
});

function assertLossless(document: Document, text: string): void {
  assert.equal(printText(document), text);
  const tokens = document.lines.flatMap((line) => tokensOf(line).map((token) => token.text));
  assert.equal(tokens.join(''), text);
}

const FOLDERS = ['/etc/haproxy', '/usr/share/doc/haproxy/examples', '/usr/share/doc/haproxy-doc'];
const shipped = FOLDERS.flatMap((folder) =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => /\.(?:cfg|conf)$/.test(name))
        .map((name) => `${folder}/${name}`)
    : [],
);

for (const file of shipped) {
  test(`${file}: every byte in one token, edits change one line`, () => {
    const text = readFileSync(file, 'latin1');
    const document = parseText(file, text);
    assertLossless(document, text);
    const config = resolve([document]);
    for (const { line } of config.sections.flatMap(({ statements }) => statements)) {
      assert.ok(line.text.trim() !== '');
    }
    assert.deepEqual(diagnose(config), []);
    for (const { name, kind } of config.proxies) {
      if (kind === 'frontend') continue;
      const edit = setBalance([document], { proxy: name, algorithm: 'first' });
      assertOneLine(document, edit.documents[0]);
      const section = { kind, name };
      const other = setStatement([document], { section, keyword: 'timeout server', words: ['7s'] });
      assertOneLine(document, other.documents[0]);
      for (const statement of config.sections.flatMap(({ statements }) => statements)) {
        assert.equal(wordsOf(statement)[0]?.value, statement.keyword);
      }
    }
  });
}

/** One line differs, or one is there that was not. */
function assertOneLine(before: Document, after: Document | undefined): void {
  assert.ok(after);
  const [old, edited] = [before.lines, after.lines].map((lines) => lines.map(({ text }) => text));
  assert.ok(old !== undefined && edited !== undefined);
  const at = old.findIndex((text, index) => text !== edited[index]);
  const added = edited.length - old.length;
  assert.ok(added === 0 || added === 1);
  if (at !== -1) assert.deepEqual(edited.slice(at + 1), old.slice(at + 1 - added));
}

test('the configurations of the packages are here', {
  skip: shipped.length === 0 ? `no .cfg in ${FOLDERS.join(', ')}` : false,
}, () => {
  assert.ok(shipped.length > 0);
});
