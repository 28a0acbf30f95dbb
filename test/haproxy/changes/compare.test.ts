import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, CONFIG, replaced, told } from './cases.js';

type Row = readonly [
  title: string,
  from: string,
  to: string,
  expected: readonly (string | RegExp)[],
];

const RUNTIME: readonly Row[] = [
  ['a weight', 'weight 10', 'weight 20', ['~ server web/web1 runtime: web/web1: weight 10 → 20']],
  [
    'a weight that goes is 1',
    ' weight 10',
    '',
    ['~ server web/web1 runtime: web/web1: weight 10 → 1'],
  ],
  [
    'a weight that comes was 1',
    '10.0.0.2:80',
    '10.0.0.2:80 weight 7',
    ['~ server web/web2 runtime: web/web2: weight 1 → 7'],
  ],
  [
    'an address',
    '10.0.0.1:80',
    '10.0.0.9:81',
    ['~ server web/web1 runtime: web/web1: address 10.0.0.1:80 → 10.0.0.9:81'],
  ],
  [
    'an IPv6 address',
    '10.0.0.1:80',
    '[2001:db8::1]:80',
    ['~ server web/web1 runtime: web/web1: address 10.0.0.1:80 → [2001:db8::1]:80'],
  ],
  [
    'the port of the check',
    'port 8080',
    'port 8081',
    ['~ server web/web1 runtime: web/web1: check-port 8080 → 8081'],
  ],
  [
    'a maxconn of a server',
    'maxconn 50',
    'maxconn 60',
    ['~ server web/web2 runtime: web/web2: maxconn 50 → 60'],
  ],
  [
    'a maxconn of a server that goes',
    ' maxconn 50',
    '',
    ['~ server web/web2 runtime: web/web2: maxconn 50 → 0'],
  ],
  [
    'disabled',
    'maxconn 50',
    'maxconn 50 disabled',
    ['~ server web/web2 runtime: web/web2: state ready → maint'],
  ],
  [
    'a frontend maxconn',
    'maxconn 700',
    'maxconn 400',
    ['~ frontend www runtime: frontend www: maxconn 700 → 400'],
  ],
  [
    'the global maxconn, lowered',
    'maxconn 1000',
    'maxconn 900',
    ['~ global runtime: global maxconn 1000 → 900'],
  ],
  [
    'a rate that comes',
    'maxconn 1000',
    'maxconn 1000\n    maxconnrate 10',
    ['+ global runtime: global maxconnrate 0 → 10'],
  ],
  [
    'two attributes of one server',
    '10.0.0.1:80 weight 10',
    '10.0.0.5:80 weight 30',
    [
      '~ server web/web1 runtime: web/web1: address 10.0.0.1:80 → 10.0.0.5:80, web/web1: weight 10 → 30',
    ],
  ],
  [
    'an added server',
    'maxconn 50\n',
    'maxconn 50\n    server web3 10.0.0.3:80\n',
    ['+ server web/web3 runtime: web/web3: added (10.0.0.3:80)'],
  ],
  [
    'a deleted server',
    '    server web2 10.0.0.2:80 maxconn 50\n',
    '',
    ['- server web/web2 runtime: web/web2: deleted'],
  ],
];

const RELOAD: readonly Row[] = [
  ['the algorithm', 'roundrobin', 'leastconn', [/^~ backend web reload: the algorithm is set up/]],
  [
    'a bind',
    'bind :80',
    'bind :81',
    [/^- frontend www reload: listeners/, /^\+ frontend www reload: listeners/],
  ],
  ['an added bind', 'bind :80', 'bind :80\n    bind :81', [/^\+ frontend www reload: listeners/]],
  ['an option', 'option httpchk', 'no option httpchk', [/^~ backend web reload: options/]],
  [
    'a timeout of defaults',
    'timeout client 10s',
    'timeout client 20s',
    [/^~ defaults reload: .*2 sections/],
  ],
  [
    'an unknown keyword',
    'option httpchk',
    'frobnicate 3',
    [/^- .* reload/, /^\+ .* reload: HAProxy reads "frobnicate"/],
  ],
  [
    'a check that is dropped',
    ' check port 8080',
    '',
    [/^~ server web\/web1 reload: checks are set up/],
  ],
  [
    'what an agent is sent',
    'check port',
    'agent-check agent-port 9 agent-send x check port',
    [/^~ server web\/web1 reload: agent checks/],
  ],
  ['inter', 'check port', 'check inter 2s port', [/^~ server web\/web1 reload: .*"inter"/]],
  [
    'a weight and a word that is not known',
    'weight 10',
    'weight 20 ssl',
    [/^~ server web\/web1 reload: .*"ssl"/],
  ],
  [
    'a name in place of an address',
    '10.0.0.1:80',
    'web.example:80',
    [/^~ server web\/web1 reload: only from one IP/],
  ],
  ['a variable', 'weight 10', 'weight "$WEIGHT"', [/^~ server web\/web1 reload: a variable/]],
  [
    'the global maxconn, raised',
    'maxconn 1000',
    'maxconn 1100',
    [/^~ global reload: .*only be lowered/],
  ],
  ['a frontend maxconn that goes', '    maxconn 700\n', '', [/^- frontend www reload/]],
  [
    'a weight that HAProxy does not take',
    'weight 10',
    'weight 257',
    [/^~ server web\/web1 reload: a weight is/],
  ],
  [
    'a new backend',
    'backend web\n',
    'backend more\n    server a 10.0.0.8:80\n\nbackend web\n',
    [/^\+ backend more reload: a backend is made only by a new process, before HAProxy 3\.4/],
  ],
  [
    'a server with another name',
    'server web1',
    'server webX',
    [/^- server web\/web1 runtime/, /^\+ server web\/webX reload: .*behind all others/],
  ],
  [
    'servers in another order',
    CONFIG.slice(CONFIG.indexOf('    server web1')),
    `${CONFIG.slice(CONFIG.indexOf('    server web2'))}    server web1 10.0.0.1:80 weight 10 check port 8080\n`,
    [/^~ backend web reload: the servers stand in another order/],
  ],
  [
    'a server added before another',
    '    server web1',
    '    server web0 10.0.0.7:80\n    server web1',
    [/^\+ server web\/web0 reload: .*stands before one/],
  ],
  ['the name of a defaults section', 'defaults\n', 'defaults base\n', [/./, /./, /./, /./]],
  [
    'a conditional block',
    'frontend www',
    '.if defined(X)\nfrontend www',
    [/^\+ conditional blocks reload/, /^~ frontend www reload/, /^~ backend web reload/],
  ],
];

const NOTHING: readonly Row[] = [
  [
    'a comment',
    'balance roundrobin',
    'balance roundrobin # why',
    [/^~ backend web nothing: comments/],
  ],
  ['spaces', 'option httpchk', 'option   \thttpchk', [/^~ backend web nothing: comments/]],
  ['quotes', 'balance roundrobin', 'balance "roundrobin"', [/^~ backend web nothing: comments/]],
  ['a blank line', 'backend web', 'backend web\n', [/^~ backend web nothing: comments/]],
  ['a comment before the first section', 'global\n', '# hello\nglobal\n', [/nothing: comments/]],
  [
    'CRLF line ends',
    'option httpchk\n',
    'option httpchk\r\n',
    [/^~ backend web nothing: comments/],
  ],
  [
    'a default that no server takes',
    '    option httpchk',
    '    default-server weight 3\n    option httpchk',
    [/^\+ backend web nothing/, /^~ server web\/web2 runtime/],
  ],
];

for (const [kind, rows] of [
  ['at run time', RUNTIME],
  ['by a reload', RELOAD],
  ['nothing', NOTHING],
] as const) {
  for (const [title, from, to, expected] of rows) {
    test(`${kind}: ${title}`, () => {
      const changes = told(compared(CONFIG, replaced(from, to)));
      assert.equal(changes.length, expected.length, changes.join('\n'));
      for (const [at, one] of expected.entries()) {
        if (typeof one === 'string') assert.equal(changes[at], one);
        else assert.match(changes[at] ?? '', one);
      }
    });
  }
}

test('a backend: by a reload, which is not the fault of HAProxy 3.4', () => {
  const more = replaced('backend web\n', 'backend more\n\nbackend web\n');
  for (const version of ['3.4.0', '3.5-dev5', '4.0.1']) {
    const [change] = told(compared(CONFIG, more, version));
    assert.match(change ?? '', /reload: HAProxy 3\.4 and newer can do it at run time, but hitless/);
  }
});

test('the same text is no change', () => {
  assert.deepEqual(compared(CONFIG, CONFIG), []);
});

test('a line that leaves a conditional block is not the same line, though it is written alike', () => {
  const inside = 'backend b\n.if defined(X)\n    option httpchk\n.endif\n';
  const outside = 'backend b\n.if defined(X)\n.endif\n    option httpchk\n';
  for (const changes of [compared(inside, outside), compared(outside, inside)]) {
    assert.ok(changes.some(({ by }) => by.kind === 'reload'));
  }
});
