import assert from 'node:assert/strict';
import { test } from 'node:test';
import { run } from '../../src/host/node/run.js';
import { assertRefused, HITLESS } from './support.js';

const BAD: readonly (readonly [words: readonly string[], message: RegExp, hint: RegExp])[] = [
  [['frobnicate'], /there is no command "frobnicate"/, /hitless help/],
  [['relaod'], /there is no command "relaod"/, /did you mean "reload"\?/],
  [['reload', '--timeout', '5'], /"5" is not a duration/, /500ms, 10s, 2m/],
  [['reload', '--timeout', '0s'], /--timeout 0s leaves no time/, /30s/],
  [['reload', '--method', 'foo'], /there is no method "foo"/, /auto, fd-pass, quiesce, migrate/],
  [['reload', '--frob'], /unknown option '--frob'/, /--help/],
  [['reload', '--max-draining', '-1'], /--max-draining "-1" is not a whole number/, /./],
  [['reload', '--wait-lock', 'soon'], /"soon" is not a duration/, /10s/],
  [['reload', '--drain-timeout', '1d'], /"1d" is not a duration/, /10s/],
  [['reload', '--pid', '0'], /pid "0" is not a whole number/, /./],
  [['reload', '--pid', '1', '--pid-file', '/x'], /exclude each other/, /./],
  [['reload', 'extra'], /too many arguments/, /--help/],
  [['set', 'balance', 'web'], /missing required argument 'algorithm'/, /--help/],
  [['set', 'frob', 'web', 'x'], /frob/, /--help/],
  [['prove', '--url', 'ftp://x/'], /ftp:\/\/x\//, /http:\/\//],
  [['prove'], /--url/, /--help/],
  [['recover', '--timeout', 'x'], /"x" is not a duration/, /10s/],
];

for (const [words, message, hint] of BAD) {
  test(`"hitless ${words.join(' ')}" is a usage error with a hint`, async () => {
    const ran = await run([...HITLESS, ...words, '--json']);
    assertRefused(ran, { exit: 2, code: 'usage', message, hint });
  });
}

test('help goes to stdout and exits 0', async () => {
  for (const words of [['--help'], ['help'], ['reload', '--help'], ['help', 'set']]) {
    const { code, stdout, stderr } = await run([...HITLESS, ...words]);
    assert.deepEqual([code, stderr], [0, ''], words.join(' '));
    assert.match(stdout, /Usage: hitless/);
  }
});
