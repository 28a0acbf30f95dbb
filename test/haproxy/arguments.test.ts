import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { checkArgv, parseArguments, startArgv } from '../../src/haproxy/arguments.js';

const word = fc.stringMatching(/^[a-z/][a-z0-9/._-]{0,8}$/);
const LASTING = [
  fc.tuple(fc.constant('-f'), word),
  fc.tuple(fc.constantFrom('-L', '-m', '-n', '-N'), word),
  fc.constantFrom(['-D'], ['-W'], ['-db'], ['-q'], ['-V'], ['-dM'], ['-dr']),
  fc.tuple(fc.constantFrom('-p', '-S', '-C'), word),
];
const PASSING = [
  fc.array(fc.nat().map(String), { maxLength: 3 }).map((pids) => ['-sf', ...pids]),
  fc.array(fc.nat().map(String), { maxLength: 3 }).map((pids) => ['-st', ...pids]),
  word.map((path) => ['-x', path]),
];
const option = (of: readonly fc.Arbitrary<readonly string[]>[]) =>
  fc.array(fc.oneof(...of), { maxLength: 8 });
const started = (argv: readonly string[]) =>
  startArgv(parseArguments(argv), { program: argv[0] ?? '' });

test('a start has the words of the running process but for -sf, -st and -x', () => {
  fc.assert(
    fc.property(option(LASTING), option([...LASTING, ...PASSING]), (first, second) => {
      const once = new Map<string, readonly string[]>();
      const repeatable: (readonly string[])[] = [];
      for (const words of [...first, ...second]) {
        const [name = ''] = words;
        if (['-sf', '-st', '-x'].includes(name)) continue;
        if (['-D', '-W', '-db', '-p', '-S', '-C'].includes(name)) once.set(name, words);
        else repeatable.push(words);
      }
      const wanted = [...repeatable, ...once.values()].flat();
      const got = started(['haproxy', ...first.flat(), ...second.flat()]).slice(1);
      assert.deepEqual([...got].sort(), wanted.sort());
    }),
  );
});

test('a start of a start is the same start', () => {
  fc.assert(
    fc.property(option([...LASTING, ...PASSING]), (words) => {
      const once = started(['haproxy', ...words.flat()]);
      assert.deepEqual(started(once), once);
    }),
  );
});

test('files after -- are configuration files', () => {
  assert.deepEqual(parseArguments(['haproxy', '-D', '--', 'a.cfg', '-f']).configFiles, [
    'a.cfg',
    '-f',
  ]);
});

test('-Ws counts as a master and stays as it was written', () => {
  const parsed = parseArguments(['haproxy', '-Ws', '-f', 'a.cfg']);
  assert.equal(parsed.masterWorker, true);
  assert.deepEqual(startArgv(parsed, { program: 'haproxy' }), ['haproxy', '-f', 'a.cfg', '-Ws']);
});

test('a start can take sockets over and finish the old process', () => {
  const parsed = parseArguments([
    'haproxy',
    '-D',
    '-f',
    'a.cfg',
    '-p',
    'p',
    '-x',
    'old',
    '-sf',
    '1',
  ]);
  assert.deepEqual(
    startArgv(parsed, { program: '/opt/haproxy', takeOverFrom: 's', finish: [7, 8] }),
    ['/opt/haproxy', '-f', 'a.cfg', '-D', '-p', 'p', '-x', 's', '-sf', '7', '8'],
  );
});

test('a bridge is a daemon without a pid file, whatever the running process is', () => {
  const parsed = parseArguments(['haproxy', '-db', '-f', 'a.cfg', '-p', 'p']);
  const argv = startArgv(parsed, { program: 'haproxy', asDaemon: true });
  assert.deepEqual(argv, ['haproxy', '-f', 'a.cfg', '-D']);
});

test('a check reads the same files and leaves out what would hide its reasons', () => {
  const parsed = parseArguments(['haproxy', '-q', '-Ws', '-dM', '-C', '/etc', '-f', 'a.cfg']);
  assert.deepEqual(checkArgv(parsed, 'haproxy'), [
    'haproxy',
    '-c',
    '-f',
    'a.cfg',
    '-C',
    '/etc',
    '-dM',
  ]);
  assert.deepEqual(checkArgv(parsed, 'haproxy', ['b']).slice(2, 4), ['-f', 'b']);
});
