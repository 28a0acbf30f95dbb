import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeReading } from '../../../src/haproxy/runtime/reading.js';
import { limitLosses } from '../../../src/haproxy/state/limit-losses.js';
import { CONFIG, configOf, replaced } from '../changes/cases.js';
import { RUNNING } from './pairs.js';
import { NOTHING_SET } from './readings.js';

const SERVERS = ['web1', 'web2'].map((server) => ({ ...RUNNING, server }));

function reading(
  info: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, number>> = {},
): RuntimeReading {
  return {
    ...NOTHING_SET,
    servers: SERVERS,
    info: new Map([...NOTHING_SET.info, ...Object.entries(info)]),
    limits: NOTHING_SET.limits.map((one) => ({
      ...one,
      maxconn: limits[`${one.proxy}/${one.server}`] ?? one.maxconn,
    })),
  };
}

function lost(
  seen: RuntimeReading,
  next: string = CONFIG,
  former: string | null = CONFIG,
  perProxy?: number,
): readonly string[] {
  const [config, before] = [configOf(next), former === null ? null : configOf(former)];
  return limitLosses({ config, former: before, perProxy }, seen).map(
    ({ what, because, remedy }) => `${what}: ${because}; ${remedy}`,
  );
}

test('nothing is lost of what the files say', () => {
  assert.deepEqual(lost(reading({})), []);
  assert.deepEqual(lost(reading({}), CONFIG, null), []);
});

const SET: readonly (readonly [RuntimeReading, string])[] = [
  [
    reading({}, { 'www/FRONTEND': 77 }),
    'maxconn 77 of frontend www: it was set at run time, and the next process begins with 700; write "maxconn 77" into the frontend if it is to stay',
  ],
  [
    reading({}, { 'web/web1': 9 }),
    'maxconn 9 of server web/web1: it was set at run time, and the next process begins with 0; write "maxconn 9" into its server line if it is to stay',
  ],
  [
    reading({ Maxconn: '77' }),
    'maxconn 77 of the process: it was set at run time, and the next process begins with 1000; write "maxconn 77" into global if it is to stay',
  ],
  ...(
    [
      ['ConnRateLimit', '5', 'maxconnrate 5'],
      ['SessRateLimit', '6', 'maxsessrate 6'],
      ['SslRateLimit', '7', 'maxsslrate 7'],
      ['CompressBpsRateLim', '8192', 'maxcomprate 8'],
    ] as const
  ).map(
    ([field, value, line]) =>
      [
        reading({ [field]: value }),
        `${line} of the process: it was set at run time, and the next process begins with 0; write "${line}" into global if it is to stay`,
      ] as const,
  ),
];

for (const [seen, text] of SET) {
  test(`named as lost: ${text.split(':')[0] ?? ''}`, () => {
    assert.deepEqual(lost(seen), [text]);
  });
}

test('an edit of the file wins: what it has changed, or says now, is no loss', () => {
  const edits: readonly (readonly [RuntimeReading, string, string])[] = [
    [reading({}, { 'www/FRONTEND': 77 }), 'maxconn 700', 'maxconn 800'],
    [reading({}, { 'www/FRONTEND': 77 }), 'maxconn 700', 'maxconn 77'],
    [reading({}, { 'web/web2': 9 }), 'maxconn 50', 'maxconn 60'],
    [reading({}, { 'web/web2': 9 }), 'maxconn 50', 'maxconn 9'],
    [reading({ Maxconn: '77' }), 'maxconn 1000', 'maxconn 2000'],
    [reading({ Maxconn: '77' }), 'maxconn 1000', 'maxconn 77'],
    [reading({ SslRateLimit: '7' }), 'global\n', 'global\n    maxsslrate 8\n'],
    [reading({ SslRateLimit: '7' }), 'global\n', 'global\n    maxsslrate 7\n'],
  ];
  for (const [seen, from, to] of edits) {
    assert.notDeepEqual(lost(seen), []);
    assert.deepEqual(lost(seen, replaced(from, to)), [], to);
  }
});

test('a frontend that names no maxconn has that of the process, or of -N', () => {
  const without = CONFIG.replace('    maxconn 700\n', '');
  const set = reading({}, { 'www/FRONTEND': 1000 });
  assert.deepEqual(lost(set, without, without), []);
  assert.match(lost(set, without, without, 300)[0] ?? '', /begins with 300/);
  const other = reading({}, { 'www/FRONTEND': 77 });
  assert.match(lost(other, without, without)[0] ?? '', /maxconn 77 of frontend www.*with 1000/);
});

test('when it is not known what was read, what differs is named, and that it is not known', () => {
  const [text] = lost(reading({}, { 'www/FRONTEND': 77 }), CONFIG, null);
  assert.match(
    text ?? '',
    /the files have changed since it started: 700, which they say now, wins/,
  );
  assert.match(lost(reading({ Maxconn: '77' }), CONFIG, null)[0] ?? '', /it was set at run time/);
});

test('what a condition or a variable decides is not judged', () => {
  const text = CONFIG.replace(
    '    maxconn 1000\n',
    '    maxconn 1000\n    maxsslrate "$RATE"\n    .if defined(X)\n    maxsessrate 5\n    .endif\n',
  );
  assert.deepEqual(lost(reading({ SslRateLimit: '7', SessRateLimit: '6' }), text, text), []);
});

test('a line of a server that takes more than a look is read as a whole', () => {
  const lines: readonly (readonly [line: string, maxconn: number])[] = [
    ['server web2 10.0.0.2:80 maxconn 9 check', 9],
    ['server web2 10.0.0.2:80 maxconn 5 maxconn 9', 9],
    ['server web2 10.0.0.2:80 "maxconn" 9 # maxconn 8', 9],
    ['default-server maxconn 9\n    server web2 10.0.0.2:80', 9],
    ['server web2 10.0.0.2:80 check', 0],
  ];
  for (const [line, maxconn] of lines) {
    const text = replaced('server web2 10.0.0.2:80 maxconn 50', line);
    // Of the other one a default-server would be written before it.
    const same = reading({}, { 'web/web2': maxconn });
    assert.deepEqual(lost(same, text, text), [], line);
    const other = lost(reading({}, { 'web/web2': 7 }), text, text);
    assert.match(other[0] ?? '', /^maxconn 7 of server web\/web2: /, line);
  }
});
