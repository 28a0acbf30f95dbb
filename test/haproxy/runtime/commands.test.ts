import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { whyNotWithBalance } from '../../../src/haproxy/runtime/availability.js';
import type { RuntimeChange, ServerAttribute } from '../../../src/haproxy/runtime/change.js';
import {
  cliWord,
  commandsFor,
  inverseOf,
  joinAddress,
  splitAddress,
  whyNotAtRuntime,
} from '../../../src/haproxy/runtime/commands.js';
import { inOrder } from '../../../src/haproxy/runtime/order.js';
import { canonicalAddress } from '../../../src/haproxy/runtime/read-back.js';

const A = { backend: 'web', server: 'a' };

function server(attribute: ServerAttribute, after: string, before = ''): RuntimeChange {
  return { kind: 'server', server: A, attribute, before, after };
}

const ADD: RuntimeChange = {
  kind: 'server-add',
  server: A,
  words: ['127.0.0.1:80', 'check', 'weight', '5'],
};

const PEM = '-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n';
const OTHER = PEM.replace('AQID', 'BAUG');

const COMMANDS: readonly (readonly [RuntimeChange, readonly string[]])[] = [
  [server('weight', '20'), ['set server web/a weight 20']],
  [server('state', 'drain'), ['set server web/a state drain']],
  [server('address', '[2001:db8::1]:80'), ['set server web/a addr 2001:db8::1 port 80']],
  [server('maxconn', '9'), ['set maxconn server web/a 9']],
  [server('check', 'off'), ['disable health web/a']],
  [server('agent-check', 'on'), ['enable agent web/a']],
  [server('fqdn', 'x.test'), ['set server web/a fqdn x.test']],
  [
    ADD,
    [
      'add server web/a 127.0.0.1:80 check weight 5',
      'enable health web/a',
      'set server web/a state ready',
    ],
  ],
  [inverseOf(ADD), ['set server web/a state maint', 'del server web/a']],
  [
    { kind: 'map-entry', file: '/m', key: 'k', before: null, after: 'a b;c\\d' },
    ['add map /m k a\\ b\\;c\\\\d'],
  ],
  [{ kind: 'map-entry', file: '/m', key: 'k', before: 'x', after: 'y' }, ['set map /m k y']],
  [{ kind: 'map-entry', file: '/m', key: 'k', before: 'x', after: null }, ['del map /m k']],
  [{ kind: 'acl-entry', file: '/m', key: 'k l', before: null, after: '' }, ['add acl /m k\\ l']],
  [
    { kind: 'certificate', path: '/c', before: OTHER, after: `\n${PEM}\n` },
    [`set ssl cert /c <<\n${PEM}`, 'commit ssl cert /c'],
  ],
  [
    { kind: 'frontend-maxconn', frontend: 'www', before: 1, after: 2 },
    ['set maxconn frontend www 2'],
  ],
  [
    { kind: 'global', setting: 'maxsslrate', before: 0, after: 7 },
    ['set rate-limit ssl-sessions global 7'],
  ],
];

for (const [change, commands] of COMMANDS) {
  test(`asks for ${change.kind} by "${commands[0]?.split('\n')[0] ?? ''}"`, () => {
    assert.deepEqual(commandsFor(change), commands);
    assert.deepEqual(inverseOf(inverseOf(change)), change);
  });
}

test('a word comes out of the command line as it went in', () => {
  const words = fc.stringMatching(/^[\u0020-\u00ff]+$/);
  fc.assert(
    fc.property(words, (word) => {
      const written = cliWord(word);
      assert.doesNotMatch(written.replaceAll(/\\./g, ''), /[ \t;\\]/);
      assert.equal(written.replaceAll(/\\(.)/g, '$1'), word);
    }),
  );
});

test('addresses are cut and joined, and compared as HAProxy prints them', () => {
  assert.deepEqual(splitAddress('[::1]:80'), { host: '::1', port: '80' });
  assert.deepEqual(splitAddress('10.0.0.1:80'), { host: '10.0.0.1', port: '80' });
  assert.equal(joinAddress('::1', '80'), '[::1]:80');
  assert.equal(canonicalAddress('[2001:0DB8:0:0::1]:80'), '[2001:db8::1]:80');
});

test('what goes out of use comes first, what is deleted last, what is added before it is used', () => {
  const map: RuntimeChange = { kind: 'map-entry', file: '/m', key: 'k', before: null, after: 'v' };
  const changes = [
    inverseOf(ADD),
    map,
    server('state', 'ready'),
    ADD,
    server('weight', '1'),
    server('address', '10.0.0.1:80'),
    server('state', 'maint'),
  ];
  assert.deepEqual(
    inOrder(changes),
    changes
      .toReversed()
      .with(4, changes[2] ?? map)
      .with(5, map),
  );
});

const VERSIONS = ['2.4.0', '2.6.12-1+deb12u4', '2.8.5', '3.0.1', '3.2.0', '3.4-dev1'];

/** In the order of VERSIONS: `+` at run time, `-` by a reload. */
const AVAILABLE: readonly (readonly [RuntimeChange, string])[] = [
  [server('weight', '20'), '++++++'],
  [server('weight', '257'), '------'],
  [server('state', 'drain'), '++++++'],
  [server('address', '10.0.0.1:80'), '++++++'],
  [server('address', 'x.test:80'), '------'],
  [server('address', '10.0.0.1'), '------'],
  [server('maxconn', '9'), '++++++'],
  [server('check-address', '10.0.0.1'), '++++++'],
  [server('agent-send', 'x'), '------'],
  [server('fqdn', 'x.test'), '++++++'],
  [ADD, '-+++++'],
  [inverseOf(ADD), '-+++++'],
  [{ ...ADD, words: ['x.test:80'] }, '------'],
  [{ ...ADD, words: ['10.0.0.1:80', 'cookie', 'a'] }, '------'],
  [{ ...ADD, words: ['10.0.0.1:80', 'enabled'] }, '------'],
  [{ kind: 'map-entry', file: '/m', key: 'k', before: null, after: 'v w' }, '++++++'],
  [{ kind: 'map-entry', file: '/m', key: 'k l', before: null, after: 'v' }, '------'],
  [{ kind: 'map-entry', file: '/m', key: 'k', before: null, after: 'v\nw' }, '------'],
  [{ kind: 'certificate', path: '/c', before: OTHER, after: PEM }, '++++++'],
  [{ kind: 'certificate', path: '/c', before: PEM, after: `${PEM}${OTHER}` }, '------'],
  [{ kind: 'certificate', path: '/c', before: OTHER, after: PEM.repeat(300) }, '------'],
  [{ kind: 'ca-file', path: '/c', before: OTHER, after: PEM }, '-+++++'],
  [{ kind: 'crl-file', path: '/c', before: OTHER, after: PEM }, '------'],
  [{ kind: 'frontend-maxconn', frontend: 'www', before: 1, after: 2 }, '++++++'],
  [{ kind: 'global', setting: 'maxconn', before: 2, after: 1 }, '++++++'],
  [{ kind: 'global', setting: 'maxconn', before: 1, after: 2 }, '------'],
  [{ kind: 'global', setting: 'maxconnrate', before: 1, after: 2 }, '++++++'],
];

for (const [change, expected] of AVAILABLE) {
  test(`${change.kind} ${JSON.stringify(change).slice(0, 90)}: by versions ${expected}`, () => {
    const seen = VERSIONS.map((version) => (whyNotAtRuntime(change, version) ? '-' : '+'));
    assert.equal(seen.join(''), expected);
  });
}

test('a version that is older or not known changes nothing at run time', () => {
  for (const version of ['2.2.9', '1.8', 'unknown', '']) {
    assert.ok(whyNotAtRuntime(server('weight', '2'), version) !== undefined);
  }
});

test('static algorithms take neither weights nor new servers', () => {
  const weight = server('weight', '2');
  for (const balance of [['static-rr'], ['source'], ['uri', 'whole'], ['hdr(Host)']]) {
    assert.match(whyNotWithBalance(weight, balance, false) ?? '', /static/);
    assert.match(whyNotWithBalance(ADD, balance, false) ?? '', /static/);
    assert.equal(whyNotWithBalance(server('state', 'maint'), balance, false), undefined);
  }
  for (const balance of [['roundrobin'], ['leastconn'], ['first'], ['random(2)']]) {
    assert.equal(whyNotWithBalance(weight, balance, false), undefined);
  }
  assert.equal(whyNotWithBalance(weight, ['uri'], true), undefined);
  assert.match(whyNotWithBalance(weight, ['static-rr'], true) ?? '', /static/);
});
