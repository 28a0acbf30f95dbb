import assert from 'node:assert/strict';
import { test } from 'node:test';
import { main } from '../../src/cli/main.js';
import { VERSION } from '../../src/cli/version.js';
import { COMMANDS } from '../../src/cli/registry.js';
import { EXIT } from '../../src/error.js';
import { fakeIo, type FakeIo } from '../fakes/io.js';

async function run(...argv: readonly string[]): Promise<FakeIo> {
  const io = fakeIo();
  await main(argv, io);
  return io;
}

const HELPS: readonly (readonly string[])[] = [
  [],
  ['--help'],
  ['help'],
  ...Object.keys(COMMANDS).flatMap((name) => [
    [name, '--help'],
    ['help', name],
  ]),
  ['set', 'balance', '--help'],
];

test('no line of any help is wider than 80 columns', async () => {
  for (const argv of HELPS) {
    const io = await run(...argv);
    const wide = io
      .out()
      .split('\n')
      .filter((line) => [...line].length > 80);
    assert.deepEqual(wide, [], argv.join(' '));
  }
});

test('help is a result: it goes to stdout, and the exit code is 0', async () => {
  for (const argv of HELPS) {
    const io = await run(...argv);
    assert.match(io.out(), /^Usage: /, argv.join(' '));
    assert.equal(io.err(), '', argv.join(' '));
    assert.equal(io.exitCode() ?? EXIT.done, EXIT.done, argv.join(' '));
  }
});

test('the first help names every command with its summary', async () => {
  const help = (await run('help')).out().replace(/\s+/g, ' ');
  for (const [name, { summary }] of Object.entries(COMMANDS)) {
    assert.ok(help.includes(`${name} ${summary}`), name);
  }
});

test('the help of a command shows how it is called', async () => {
  for (const name of Object.keys(COMMANDS)) {
    assert.match((await run(name, '--help')).out(), /Examples?:\n {2}hitless /, name);
  }
  assert.match(
    (await run('set', 'balance', '--help')).out(),
    /Examples:\n {2}hitless set balance /,
  );
});

test('the version is told and nothing else', async () => {
  for (const option of ['-V', '--version']) assert.equal((await run(option)).out(), `${VERSION}\n`);
});

test('an unknown command is a usage error that offers the nearest name', async () => {
  for (const argv of [
    ['relaod'],
    ['help', 'relaod'],
    ['relaod', '--help'],
    ['help', 'relaod', 'x'],
  ]) {
    const io = await run(...argv);
    assert.equal(io.exitCode(), EXIT.usage, argv.join(' '));
    assert.equal(io.out(), '');
    assert.equal(
      io.err(),
      'hitless: there is no command "relaod"\nhint: did you mean "reload"?\n',
      argv.join(' '),
    );
  }
});

test('a command like no other is pointed to the help', async () => {
  for (const word of ['frobnicate', 'constructor', '__proto__']) {
    const io = await run(word);
    assert.equal(io.exitCode(), EXIT.usage, word);
    assert.match(io.err(), /hint: "hitless help" lists the commands\n$/, word);
  }
});

const USAGE: readonly (readonly [argv: readonly string[], message: RegExp])[] = [
  [['--frob'], /unknown option '--frob'/],
  [['reload', '--frob'], /unknown option '--frob'/],
  [['reload', 'extra'], /too many arguments/],
  [['reload', '--method'], /argument missing/],
  [['reload', '--method', 'fd-pas'], /there is no method "fd-pas"/],
  [['reload', '--timeout', '10'], /"10" is not a duration/],
  [['reload', '--pid', 'x'], /pid "x" is not a whole number/],
  [['reload', '--pid', '1', '--pid-file', '/x'], /exclude each other/],
  [['set'], /a subcommand is missing/],
  [['set', 'balance', 'web'], /missing required argument 'algorithm'/],
  [['set', 'balnce', 'web', 'leastconn'], /unknown command 'balnce'/],
  [['completion', 'tcsh'], /tcsh/],
  [['prove'], /--url/],
  [['demo', '--for', '1s'], /--for is too short/],
];

test('a wrong command line is refused with exit code 2, and stdout stays empty', async () => {
  for (const [argv, message] of USAGE) {
    const io = await run(...argv);
    assert.equal(io.exitCode(), EXIT.usage, argv.join(' '));
    assert.match(io.err(), message, argv.join(' '));
    assert.match(io.err(), /\nhint: \S/, argv.join(' '));
    assert.equal(io.out(), '', argv.join(' '));
  }
});

test('with --json an error is one document on stdout, and people read it on stderr as well', async () => {
  for (const json of ['--json', '--ndjson']) {
    const io = await run('reload', json, '--method', 'fd-pas');
    assert.deepEqual(JSON.parse(io.out()), {
      schemaVersion: 1,
      result: 'refused',
      error: {
        code: 'usage',
        message: 'there is no method "fd-pas"',
        subject: null,
        hint: 'choose one of auto, fd-pass, quiesce, migrate, syn-hold, syn-drop, plain',
      },
    });
    assert.equal(io.out().split('\n').length, 2, 'one line');
    assert.match(io.err(), /^hitless: there is no method/);
    assert.equal(io.exitCode(), EXIT.usage);
  }
});

test('a mistake in the options themselves is a document too', async () => {
  const io = await run('reload', '--json', '--frob');
  assert.equal(JSON.parse(io.out()).error.code, 'usage');
});

test('--json after -- belongs to the command that is run', async () => {
  const io = await run('frobnicate', '--', 'hitless', 'reload', '--json');
  assert.equal(io.out(), '');
});

test('HITLESS_DEBUG shows where an error comes from', async () => {
  const io = fakeIo({ env: { HITLESS_DEBUG: '1' } });
  await main(['reload', '--timeout', '10'], io);
  assert.match(io.err(), /at parseDurationMs/);
});

test('what escapes unexpectedly is told as a bug with the way to report it', async () => {
  const io = fakeIo();
  const broken = { ...io, stdout: undefined } as unknown as typeof io;
  await main(['completion', 'bash'], broken);
  assert.equal(io.exitCode(), EXIT.failed);
  assert.match(io.err(), /^hitless: a bug in hitless: .*\nhint: run it again with HITLESS_DEBUG=1/);
});
