import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Facts } from '../../src/methods/facts.js';
import type { MethodName } from '../../src/methods/method.js';
import { METHODS } from '../../src/methods/registry.js';
import { CUTTING, FACTS, IPV6, MASTER, NO_ADMIN, NOT_PASSING, UNIX } from './facts.js';

/** `lossless`, what a loss or a refusal must speak of. */
type Expected = 'lossless' | { readonly loses: RegExp } | { readonly unusable: RegExp };

const oldKernel = (facts: Facts): Facts => ({ ...facts, migrateRequests: 'absent' });
const IDLE = { loses: /keep-alive clients at web \(\/a\.cfg:3\)/ };

const FOREGROUND: Facts = { ...FACTS, mode: 'foreground', supervisor: { pid: 5, startTicks: 50 } };
const CUTTING_NO_ADMIN: Facts = { ...CUTTING, runtime: NO_ADMIN.runtime };
const BLOCKED: Facts = {
  ...FACTS,
  holds: {
    nft: { because: 'no syn-drop', remedy: 'r' },
    plug: { because: 'no syn-hold', remedy: 'r' },
    interfaces: [],
  },
};

type Row = readonly [string, Facts, MethodName, Expected];

const TABLE: readonly Row[] = [
  ['a daemon that exposes its listeners', FACTS, 'fd-pass', 'lossless'],
  ['a master', MASTER, 'fd-pass', 'lossless'],
  [
    'a master without stats sockets',
    { ...MASTER, runtime: { sockets: [], admin: false, passesSocketsAt: null } },
    'fd-pass',
    'lossless',
  ],
  [
    'a daemon that does not expose them',
    NOT_PASSING,
    'fd-pass',
    { unusable: /exposes its listeners/ },
  ],
  ['a frontend that cuts idle clients', CUTTING, 'fd-pass', IDLE],
  [
    'a master whose frontend cuts them',
    { ...MASTER, frontends: CUTTING.frontends },
    'fd-pass',
    IDLE,
  ],
  ['a specific IPv6 address', IPV6, 'fd-pass', 'lossless'],
  ['the same on an old kernel', oldKernel(IPV6), 'fd-pass', { loses: /\[::1\]:80/ }],
  ['an old kernel', oldKernel(FACTS), 'fd-pass', 'lossless'],
  ['a daemon', FACTS, 'quiesce', 'lossless'],
  ['a frontend that cuts idle clients', CUTTING, 'quiesce', 'lossless'],
  ['a master', MASTER, 'quiesce', { unusable: /master/ }],
  ['a socket without level admin', NO_ADMIN, 'quiesce', { unusable: /level admin/ }],
  ['a socket that exposes nothing', NOT_PASSING, 'quiesce', { unusable: /expose-fd/ }],
  ['a specific IPv6 address', IPV6, 'quiesce', { unusable: /\[::1\]:80/ }],
  ['a daemon', FACTS, 'migrate', 'lossless'],
  ['nothing exposed', NOT_PASSING, 'migrate', 'lossless'],
  ['a specific IPv6 address', IPV6, 'migrate', 'lossless'],
  ['an old kernel', oldKernel(FACTS), 'migrate', { unusable: /tcp_migrate_req/ }],
  ['a master', MASTER, 'migrate', { unusable: /master/ }],
  ['a unix socket among the listeners', UNIX, 'migrate', { loses: /\/web/ }],
  ['a frontend that cuts idle clients', CUTTING, 'migrate', 'lossless'],
  ['the same without level admin', { ...CUTTING, runtime: NO_ADMIN.runtime }, 'migrate', IDLE],
  ...(['syn-hold', 'syn-drop'] as const).flatMap((method): readonly Row[] => [
    ['a daemon', FACTS, method, 'lossless'],
    ['an old kernel and nothing exposed', oldKernel(NOT_PASSING), method, 'lossless'],
    ['a specific IPv6 address', IPV6, method, 'lossless'],
    ['a master', MASTER, method, { unusable: /master/ }],
    ['a process in the foreground', FOREGROUND, method, { unusable: /foreground/ }],
    ['a unix socket among the listeners', UNIX, method, { loses: /\/web/ }],
    ['cut idle clients without level admin', CUTTING_NO_ADMIN, method, IDLE],
    ['nothing known', { ...FACTS, holds: null }, method, { unusable: /not been looked at/ }],
    ['an obstacle', BLOCKED, method, { unusable: new RegExp(`no ${method}`) }],
  ]),
  ['a daemon', FACTS, 'plain', { loses: /accept queue/ }],
  ['a master', MASTER, 'plain', { unusable: /master/ }],
];

for (const [what, facts, method, expected] of TABLE) {
  const verdict = expected === 'lossless' ? 'lossless' : 'loses' in expected ? 'lossy' : 'unusable';
  test(`${method} with ${what} is ${verdict}`, () => {
    const assessment = METHODS[method].assess(facts);
    if (expected === 'lossless') assert.deepEqual(assessment, { usable: true, losses: [] });
    else if ('loses' in expected) {
      assert.ok(assessment.usable);
      assert.match(assessment.losses.map(({ what: lost }) => lost).join('\n'), expected.loses);
      for (const { remedy } of assessment.losses) assert.notEqual(remedy, '');
    } else {
      assert.ok(!assessment.usable);
      assert.match(assessment.because, expected.unusable);
      assert.notEqual(assessment.remedy, '');
    }
  });
}
