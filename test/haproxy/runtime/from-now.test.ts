import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RuntimeConnection } from '../../../src/host/host.js';
import type { RuntimeChange, ServerAttribute } from '../../../src/haproxy/runtime/change.js';
import { fromNow } from '../../../src/haproxy/runtime/from-now.js';
import { inOrder } from '../../../src/haproxy/runtime/order.js';
import { printServerStates, CHECK } from '../../../src/haproxy/runtime/server-states.js';
import { RUNNING } from '../state/pairs.js';

const ON = CHECK.configured | CHECK.enabled;
const OFF = CHECK.configured;
const SHA1 = '29E2DCFBB16F63BB0254DF7585A15BB6FB5E927D';
const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';

/** One server, and what else is asked for. */
function connectionTo(
  server: Partial<typeof RUNNING>,
  answers: Readonly<Record<string, string>> = {},
): { readonly connection: RuntimeConnection; readonly asked: string[] } {
  const asked: string[] = [];
  const states = printServerStates([
    { ...RUNNING, checkPort: '80', checkAddress: '10.0.0.9', ...server },
  ]);
  const ask = async (command: string): Promise<string> => {
    asked.push(command);
    return await Promise.resolve(
      answers[command] ?? (command.startsWith('show servers state') ? states : ''),
    );
  };
  const askAll = async (commands: readonly string[]): Promise<readonly string[]> =>
    await Promise.all(commands.map(ask));
  return { connection: { ask, askAll, close: () => undefined }, asked };
}

const change = (attribute: ServerAttribute, after: string): RuntimeChange => ({
  kind: 'server',
  server: { backend: 'web', server: 'a' },
  attribute,
  before: '',
  after,
});

async function why(
  changes: readonly RuntimeChange[],
  server: Partial<typeof RUNNING> = {},
  answers: Readonly<Record<string, string>> = {},
): Promise<readonly (string | undefined)[]> {
  const found = await fromNow(connectionTo(server, answers).connection, changes);
  return found.map(({ because }) => because);
}

test('what is not shown, or is there and shall be added, is not changed at run time', async () => {
  const gone = { kind: 'server', server: { backend: 'web', server: 'z' } } as const;
  const add = { kind: 'server-add', words: ['10.0.0.1:80'] } as const;
  const none = 'the running process knows no such thing, or shows no value';
  assert.deepEqual(
    await why([
      change('weight', '3'),
      change('check-address', '10.0.0.3'),
      { ...gone, attribute: 'weight', before: '', after: '3' },
      { kind: 'frontend-maxconn', frontend: 'none', before: 0, after: 1 },
      { ...add, server: { backend: 'web', server: 'b' } },
      { ...add, server: { backend: 'web', server: 'a' } },
    ]),
    [undefined, undefined, none, none, undefined, undefined],
  );
  const out = { admin: 1 };
  assert.deepEqual(await why([{ ...add, server: { backend: 'web', server: 'a' } }], out), [
    'there is a server of that name already',
  ]);
});

test('a certificate that somebody else has set is not replaced, for it could not be put back', async () => {
  const answers = { 'show ssl cert /a.pem': `SHA1 FingerPrint: ${SHA1}\n` };
  const other = PEM.replace('AAAA', 'BBBB');
  const third = PEM.replace('AAAA', 'CCCC');
  const certificate = (before: string, after: string): RuntimeChange => ({
    kind: 'certificate',
    path: '/a.pem',
    before,
    after,
  });
  assert.deepEqual(
    await why(
      [certificate(PEM, other), certificate(other, PEM), certificate(other, third)],
      {},
      answers,
    ),
    [undefined, undefined, 'another one was set at run time, and could not be put back'],
  );
});

test('a certificate of that name that somebody else has loaded is left to a reload', async () => {
  const answers = {
    'show ssl cert /a.pem': `SHA1 FingerPrint: ${SHA1}\n`,
    'show ssl cert': '# filename\n/a.pem\n/half.pem\n',
  };
  const loaded = (path: string, before: string | null, after: string | null): RuntimeChange => ({
    kind: 'loaded-certificate',
    path,
    before,
    after,
  });
  const other = PEM.replace('AAAA', 'BBBB');
  const because =
    'another certificate of this name was loaded at run time, and could not be put back';
  assert.deepEqual(
    await why(
      [
        loaded('/new.pem', null, PEM),
        loaded('/a.pem', null, PEM),
        loaded('/a.pem', PEM, null),
        loaded('/a.pem', PEM, PEM),
        loaded('/a.pem', null, other),
        loaded('/a.pem', other, other),
        loaded('/a.pem', other, null),
        loaded('/half.pem', null, PEM),
      ],
      {},
      answers,
    ),
    [undefined, undefined, undefined, undefined, because, because, because, because],
  );
});

test('a crt-list is changed where it is as the change begins or ends, whatever others have added', async () => {
  const answers = { 'show ssl crt-list -n /l.txt': '# /l.txt\n/a.pem:1\n/b.pem:2\n/x.pem:3\n' };
  const listChange = (before: readonly string[], after: readonly string[], file = '/l.txt') =>
    ({ kind: 'crt-list', file, before, after }) as const;
  const because = 'entries of it were changed at run time, and it could not be put back as it is';
  assert.deepEqual(
    await why(
      [
        listChange(['/a.pem', '/b.pem'], ['/a.pem']),
        listChange(['/a.pem'], ['/a.pem', '/b.pem']),
        listChange(['/a.pem', '/c.pem', '/b.pem'], ['/a.pem']),
        listChange(['/b.pem', '/a.pem'], ['/a.pem']),
        listChange([], ['/a.pem'], '/none.txt'),
      ],
      {},
      answers,
    ),
    [
      undefined,
      undefined,
      because,
      because,
      'the running process knows no such thing, or shows no value',
    ],
  );
});

const SWITCHED: readonly (readonly [ServerAttribute, string, 'check' | 'agent-check'])[] = [
  ['check-address', '10.0.0.3', 'check'],
  ['check-port', '81', 'check'],
  ['agent-address', '10.0.0.3', 'agent-check'],
  ['agent-port', '81', 'agent-check'],
];

for (const [attribute, after, needed] of SWITCHED) {
  test(`${attribute} is left to a reload while ${needed} is off, unless it is switched on first`, async () => {
    const agent = { agentPort: '80', agentAddress: '10.0.0.9' };
    const off = { ...agent, checkState: OFF, agentState: OFF };
    const on = { ...agent, checkState: ON, agentState: ON };
    assert.deepEqual(await why([change(attribute, after)], on), [undefined]);
    assert.match(
      (await why([change(attribute, after)], off))[0] ?? '',
      /checks are switched off at run time, and HAProxy takes no address for them then/,
    );
    const both = [change(attribute, after), change(needed, 'on')];
    assert.deepEqual(await why(both, off), [undefined, undefined]);
    assert.deepEqual(inOrder(both), both.toReversed());
    assert.deepEqual(inOrder([change(needed, 'off'), change(attribute, after)]), [
      change(attribute, after),
      change(needed, 'off'),
    ]);
  });
}

test('whether checks are on is no further question to HAProxy', async () => {
  const { connection, asked } = connectionTo({ checkState: ON });
  await fromNow(connection, [change('check-port', '81')]);
  assert.deepEqual(asked, ['show servers state web']);
});
