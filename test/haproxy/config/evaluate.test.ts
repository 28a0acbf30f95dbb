import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBuild } from '../../../src/haproxy/config/build.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { evaluate, type EvaluatedConfig } from '../../../src/haproxy/config/evaluate.js';
import { serversOf } from '../../../src/haproxy/config/servers.js';
import { wordsOf } from '../../../src/haproxy/config/sections.js';

function read(text: string, environment: Readonly<Record<string, string>> = {}): EvaluatedConfig {
  return evaluate([parseText('a.cfg', text)], { environment, version: '2.6.12' });
}

/** The words of all statements, with a question mark where nobody knows whether they count. */
function statements(config: EvaluatedConfig): readonly string[] {
  return config.sections.flatMap((section) =>
    section.statements.map((statement) => {
      const words = wordsOf(statement).map(({ value, env }) => (env ? `<${value}>` : value));
      return `${words.join('|')}${statement.condition === 0 ? '' : '?'}`;
    }),
  );
}

test('branches that are not taken are left out, those that are count', () => {
  const text = (first: string, second: string) =>
    `global\n.if ${first}\n a\n.elif ${second}\n b\n.else\n c\n.endif\n d\n`;
  assert.deepEqual(statements(read(text('1', '1'))), ['a', 'd']);
  assert.deepEqual(statements(read(text('0', '1'))), ['b', 'd']);
  assert.deepEqual(statements(read(text('0', '0'))), ['c', 'd']);
});

test('an undecided branch stays conditional, and so do those after it that may count', () => {
  const text = (second: string) =>
    `global\n.if feature(LUA)\n a\n.elif ${second}\n b\n.else\n c\n.endif\n d\n`;
  assert.deepEqual(statements(read(text('0'))), ['a?', 'c?', 'd']);
  assert.deepEqual(statements(read(text('1'))), ['a?', 'b?', 'd']);
  assert.deepEqual(statements(read(text('feature(X)'))), ['a?', 'b?', 'c?', 'd']);
  assert.deepEqual(
    read(text('0')).undecided.map(({ line, column, message }) => [line, column, message]),
    [[2, 5, 'only HAProxy knows feature(LUA)']],
  );
});

test('blocks in a block that is not taken are not decided', () => {
  const config = read('global\n.if 0\n.if nonsense\n a\n.else\n b\n.endif\n.else\n c\n.endif\n');
  assert.deepEqual(statements(config), ['c']);
  assert.deepEqual([config.undecided, config.invalid], [[], []]);
});

test('a section in a branch that is not taken is not there; its lines after the block are those of the section before', () => {
  const text = 'backend a\n.if 0\nbackend b\n x\n.endif\n y\n';
  const config = read(text);
  assert.deepEqual(
    config.proxies.map(({ name }) => name),
    ['a'],
  );
  assert.deepEqual(statements(config), ['y']);
  const [taken] = read('.if 1\nbackend b\n x\n.endif\n y\n').proxies;
  assert.deepEqual([taken?.section.condition, taken?.section.straddles], [0, false]);
});

test('what HAProxy refuses in a condition is told with its place', () => {
  const config = read('global\n .if defined(A) && nonsense\n a\n .endif\n');
  assert.deepEqual(
    config.invalid.map(({ severity, line, column }) => [severity, line, column]),
    [['error', 2, 20]],
  );
  assert.deepEqual(statements(config), ['a?']);
});

/** A word, the environment, what is read. */
const VARIABLES: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
  ['"$X"', { X: '1' }, 'x|1'],
  ['"$X"y', {}, 'x|y'],
  ['"${X-d e}"', {}, 'x|d e'],
  ['"${X-d}"', { X: '' }, 'x|'],
  ['"${X[*]}"', { X: 'a  b\tc' }, 'x|a|b|c'],
  ['p"${X[*]}"s', { X: 'a b' }, 'x|pa|bs'],
  ['"${X[*]-d e}"', {}, 'x|d|e'],
  ['"$.LINE" "$.FILE" "$.SECTION"', {}, 'x|2|a.cfg|n'],
  ["'$X' $X \\$X", { X: '1' }, 'x|$X|$X|\\$X'],
  ['"\\$X"', { X: '1' }, 'x|$X'],
  ['"$HAPROXY_LOCALPEER"', {}, 'x|<$HAPROXY_LOCALPEER>'],
  ['"$HAPROXY_LOCALPEER"', { HAPROXY_LOCALPEER: 'me' }, 'x|me'],
];

test('variables are expanded as HAProxy does', () => {
  for (const [word, environment, expected] of VARIABLES) {
    assert.deepEqual(statements(read(`peers n\n x ${word}\n`, environment)), [expected], word);
  }
});

test('the environment is that of the line, as global changes it', () => {
  const text = `global
 setenv A 1
 presetenv A 2
 presetenv B "\${A}3"
 x "$A" "$B" "$C" "$D"
 unsetenv A
 resetenv B
 x "$A" "$B" "$C" "$D"
`;
  const lines = statements(read(text, { C: 'c', D: 'd' })).filter((line) => line.startsWith('x'));
  assert.deepEqual(lines, ['x|1|13|c|d', 'x||13||']);
});

test('conditions see variables that were set before them', () => {
  const text =
    'global\n.if defined(A)\n a\n.endif\n setenv A 1\n.if defined(A) && streq("$A",1)\n b\n.endif\n';
  assert.deepEqual(statements(read(text)), ['setenv|A|1', 'b']);
});

test('a variable that is set in an undecided block is not known after it', () => {
  const text =
    'global\n.if feature(LUA)\n setenv A 1\n.endif\n x "$A"\n.if defined(A)\n a\n.endif\n';
  assert.deepEqual(statements(read(text, { A: '0' })), ['setenv|A|1?', 'x|<$A>', 'a?']);
});

test('"setenv" outside of global is no setting of the environment', () => {
  assert.deepEqual(statements(read('peers p\n setenv A 1\n x "$A"\n')), ['setenv|A|1', 'x|']);
});

test('variables in addresses are expanded, quoted or not', () => {
  const config = read('backend b\n server s $IP:${PORT} check\n', { IP: '10.0.0.1', PORT: '80' });
  const [server] = config.proxies.flatMap(serversOf);
  assert.deepEqual([server?.address, server?.port], ['10.0.0.1', '80']);
  assert.deepEqual(config.undecided, []);
});

test('names of sections and of their defaults may be variables', () => {
  const config = read('defaults d\n mode http\nbackend "$N" from "$D"\n', { N: 'web', D: 'd' });
  const [proxy] = config.proxies;
  assert.deepEqual(
    [proxy?.name, proxy?.defaults[0]?.name, proxy?.section.env],
    ['web', 'd', false],
  );
});

test('haproxy -vv says what conditions ask for', () => {
  const text = `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/
Feature list : -51DEGREES +ACCEPT4 +OPENSSL -QUIC

Built with OpenSSL version : OpenSSL 3.0.22 25 Aug 2026
Running on OpenSSL version : OpenSSL 3.0.19 27 Jan 2026
`;
  assert.deepEqual(parseBuild(text), {
    version: '2.6.12-1+deb12u4',
    features: new Set(['ACCEPT4', 'OPENSSL']),
    sslBuiltWith: 'OpenSSL 3.0.22 25 Aug 2026',
    sslRunningOn: 'OpenSSL 3.0.19 27 Jan 2026',
  });
  assert.equal(parseBuild('nginx version: nginx/1.22'), undefined);
});
