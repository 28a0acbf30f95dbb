import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { parseBuild } from '../../../src/haproxy/config/build.js';
import { diagnose } from '../../../src/haproxy/config/diagnostics.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { evaluate, type EvaluatedConfig } from '../../../src/haproxy/config/evaluate.js';
import { wordsOf } from '../../../src/haproxy/config/sections.js';

/** Conditions, variables and faults against the HAProxy that is installed. */
const build = parseBuild(spawnSync('haproxy', ['-vv'], { encoding: 'latin1' }).stdout ?? '');
const skip = build === undefined ? 'haproxy is not installed' : false;
const folder = mkdtempSync(join(tmpdir(), 'hitless-reading-'));
after(() => rmSync(folder, { recursive: true }));
const file = join(folder, 'a.cfg');
const ENVIRONMENT = { A: 'one', B: 'two  words', EMPTY: '', PATH: process.env['PATH'] ?? '' };

function haproxySays(text: string): string {
  writeFileSync(file, Buffer.from(text, 'latin1'));
  const options = { encoding: 'latin1', env: ENVIRONMENT } as const;
  return spawnSync('haproxy', ['-c', '-f', file], options).stderr;
}

function read(text: string): EvaluatedConfig {
  assert.ok(build);
  return evaluate([parseText(file, text)], { environment: ENVIRONMENT, ...build });
}

const argument = fc.constantFrom('a', 'b', '"a"', '"\\"b,\\""', '', '"$A"', '${B}', 'one');
const predicate = fc.oneof(
  fc.constantFrom('0', '1', '!1', '2', 'feature(OPENSSL)', 'feature(QUIC)', 'feature(OPEN)'),
  fc.constantFrom('defined(A)', 'defined(EMPTY)', 'defined(NOSUCH)', 'version_atleast(2.6)'),
  fc.constantFrom('version_before(2.6-dev3)', 'version_atleast(2.6.12-2)', 'version_before(9)'),
  fc.constantFrom('openssl_version_atleast(1.1.1k)', 'openssl_version_before(3.0.0)'),
  fc.constantFrom('ssllib_name_startswith(OpenSSL)', 'ssllib_name_startswith(Libre)'),
  fc
    .tuple(fc.constantFrom('streq', 'strneq'), argument, argument)
    .map(([name, a, b]) => `${name}(x${a},x${b})`),
);
const { expression } = fc.letrec<{ expression: string }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4 },
    predicate,
    fc
      .tuple(tie('expression'), fc.constantFrom('&&', '||', ' && ', ' || '), tie('expression'))
      .map((parts) => parts.join('')),
    tie('expression').map((inner) => `(${inner})`),
    tie('expression').map((inner) => `!${inner}`),
  ),
}));

test('conditions are decided as HAProxy decides them', { skip }, () => {
  const batch = fc.array(expression, { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(batch, (expressions) => {
      const text = expressions
        .map((one, at) => `.if ${one}\n.warning yes${at}.\n x\n.else\n.warning no${at}.\n.endif\n`)
        .join('');
      const said = haproxySays(`global\n${text}`);
      const config = read(`global\n${text}`);
      assert.deepEqual(config.undecided, []);
      const taken = new Set(config.sections[0]?.statements.map(({ line }) => line.number));
      expressions.forEach((one, at) => {
        const yes = said.includes(`'yes${at}.'`);
        assert.ok(yes !== said.includes(`'no${at}.'`), `${one}: ${said.slice(0, 2000)}`);
        assert.equal(taken.has(6 * at + 4), yes, one);
      });
    }),
    { numRuns: 15 },
  );
});

const ends = fc.constantFrom('', ' ', ')', '(', ' &&', '||', ' x', '!', ',', ' 1', '"', '&');
// Another name for a predicate may be one of a later version: beside `|| true` it decides nothing.
const starts = ends.filter((one) => one !== ' x');

test('a condition that HAProxy refuses is refused, and no other', { skip }, () => {
  fc.assert(
    fc.property(expression, starts, ends, (middle, before, end) => {
      const text = `global\n.if ${before}${middle}${end}\n.endif\n`;
      const refuses = haproxySays(text).includes(`${file}:2]`);
      const config = read(text);
      // A predicate that only a later version may know.
      if (config.undecided.length > 0) return;
      const errors = diagnose(config).filter(({ severity }) => severity === 'error');
      assert.equal(errors.length > 0, refuses, `${text}${errors[0]?.message ?? ''}`);
    }),
    { numRuns: 120 },
  );
});

const piece = fc.constantFrom(
  ...['"$A"', '"${A}"', '"${NOSUCH-d e}"', '"${B[*]}"', '"${EMPTY-x}"', '"${NOSUCH[*]-p q}"'],
  ...[
    '"$.LINE"',
    '"x$A y"',
    "'$A'",
    '$A',
    '"\\$A"',
    'a',
    ' ',
    '"${B}"',
    '"${',
    '"$1"',
    '"${A',
    '"',
  ],
);

test('variables are expanded as HAProxy expands them', { skip }, () => {
  const line = fc.array(piece, { maxLength: 5 }).map((parts) => `zz${parts.join('')}`);
  const batch = fc.array(line, { minLength: 40, maxLength: 40 });
  fc.assert(
    fc.property(batch, (lines) => {
      const text = `global\n${lines.map((one) => `${one}\n`).join('')}`;
      const said = haproxySays(text).split('\n');
      const config = read(text);
      const faults = new Set(diagnose(config).map((one) => one.line));
      for (const statement of config.sections[0]?.statements ?? []) {
        const { number } = statement.line;
        const message = said.find((one) => one.includes(`${file}:${number}]`)) ?? '';
        const words = wordsOf(statement).map(({ value }) => value);
        const expected = `unknown keyword '${words[0] ?? ''}' in 'global' section`;
        assert.equal(faults.has(number), !message.includes('unknown keyword'), message);
        if (!faults.has(number)) assert.ok(message.includes(expected), `${message}: ${expected}`);
      }
    }),
    { numRuns: 10 },
  );
});

const SCRAPS = [
  ...['global', 'defaults', 'defaults d', 'defaults d from d', 'backend b from d', 'backend b'],
  ...['frontend b', 'listen b', 'backend', 'peers p', 'backend x/y', ' balance first', '.if 1'],
  ...['.if 0', '.else', '.endif', '.elif 1', ' x "', ' mode http', ' server s 127.0.0.1:1'],
];

test('where diagnose finds an error, HAProxy does', { skip }, () => {
  const text = fc
    .array(fc.constantFrom(...SCRAPS), { maxLength: 8 })
    .map((lines) => lines.map((line) => `${line}\n`).join(''));
  fc.assert(
    fc.property(text, (config) => {
      const errors = diagnose(read(config)).filter(({ severity }) => severity === 'error');
      if (errors.length === 0) return;
      const said = haproxySays(config);
      assert.ok(said.includes('[ALERT]'), `${config}${errors[0]?.message ?? ''}`);
    }),
    { numRuns: 150 },
  );
});
