import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { parseShowCrtList, printEntry } from '../../src/haproxy/runtime/crt-lists.js';
import { makeCertificate } from '../../src/lab/certificate.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { losingNothing } from './load.js';
import { ask } from './state-lab.js';
import { assertAsBefore, hitless, outcomeOf, reloaded, servingPid } from './support.js';

let question: QuestionLab;
let folder: string;
let list: string;
/** Used by two bind lines, on ports 444 and 445. */
let shared: string;
let original: string;

before(async () => {
  question = await startQuestionLab({
    tls: true,
    adapt: (spec) => {
      folder = dirname(spec.statsSocket);
      list = `${folder}/names.list`;
      shared = `${folder}/shared.list`;
      mkdirSync(folder, { recursive: true });
      const certificate = /ssl crt ([^"]+)"/.exec(JSON.stringify(spec))?.[1] ?? '';
      writeFileSync(list, `${certificate} lab.test\n`);
      writeFileSync(shared, `${certificate}\n`);
      return {
        ...spec,
        frontends: spec.frontends.map((one) =>
          one.name === 'tls'
            ? {
                ...one,
                binds: BINDS.map((port) => `:${port} ssl crt-list ${port === 443 ? list : shared}`),
              }
            : one,
        ),
      };
    },
  });
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    await copyFile(await makeCertificate(question.lb, `${name}.test`), pem(name));
  }
  // Two certificates for one name: the first is served.
  original = `${await readFile(list, 'utf8')}# names
${pem('a')} a.test
${pem('b')} [alpn h2,http/1.1 ssl-min-ver TLSv1.2] b.test both.test
${pem('c')} *.c.test !x.c.test both.test
`;
});
after(async () => {
  await question.lab.close();
});

/** A process that has read the original list, as hitless knows. */
beforeEach(async () => {
  await writeFile(list, original);
  const { newPids } = await reloaded(question);
  await assertAsBefore(question, newPids[0] ?? 0);
});

const BINDS = [443, 444, 445];

function pem(name: string): string {
  return `${folder}/${name}.pem`;
}

const NAMES = 'lab.test a.test b.test both.test w.c.test x.c.test d.test e.test none.test'.split(
  ' ',
);

const CLIENT = `
const { connect } = require('node:tls');
const one = (servername) => new Promise((resolve, reject) => {
  const options = { host: '10.77.0.1', port: Number(process.argv[1]), servername, rejectUnauthorized: false,
    ALPNProtocols: ['h2', 'http/1.1'] };
  const socket = connect(options, () => {
    const { subject } = socket.getPeerCertificate();
    resolve([servername, subject.CN + ' ' + socket.alpnProtocol]);
    socket.destroy();
  });
  socket.on('error', reject);
});
Promise.all(process.argv.slice(2).map(one)).then((all) => console.log(JSON.stringify(all)));
`;

/** Which certificate, and which protocol, a client gets for each name. */
async function served(port = 443): Promise<Readonly<Record<string, string>>> {
  const text = await question.client.must([process.execPath, '-e', CLIENT, `${port}`, ...NAMES]);
  return Object.fromEntries(JSON.parse(text) as [string, string][]);
}

/** What a client or an operator could tell apart; not the numbers of entries. */
async function view(): Promise<{
  readonly entries: readonly string[];
  readonly certificates: readonly string[];
  readonly served: unknown;
}> {
  const entries = parseShowCrtList(await ask(question, `show ssl crt-list -n ${list}`));
  assert.ok(entries?.kind === 'entries');
  return {
    entries: entries.entries.map(printEntry),
    certificates: (await ask(question, 'show ssl cert')).trim().split('\n').sort(),
    served: await served(),
  };
}

/** Of all that stays where it was when others are put back behind an entry that nobody knows. */
function entriesWithout(seen: Awaited<ReturnType<typeof view>>, name: string): unknown {
  return { ...seen, entries: seen.entries.filter((line) => !line.includes(name)) };
}

async function planned(): Promise<{
  readonly result: string;
  readonly drift: readonly { readonly kind: string; readonly detail: string }[];
  readonly changes: readonly { readonly by: string; readonly because?: string }[];
}> {
  const { stdout } = await hitless(question, 'plan', '--json');
  return JSON.parse(stdout) as Awaited<ReturnType<typeof planned>>;
}

const CHANGES: readonly (readonly [what: string, change: (text: string) => string])[] = [
  ['an entry at the end', (text) => `${text}${pem('d')} d.test\n`],
  ['an entry that goes', (text) => text.replace(/.*a\.pem.*\n/, '')],
  ['the last entry goes', (text) => text.replace(/.*c\.pem.*\n/, '')],
  ['an entry in the middle', (text) => text.replace('# names\n', `${pem('d')} d.test both.test\n`)],
  ['another option', (text) => text.replace('h2,http/1.1', 'http/1.1')],
  ['other names', (text) => text.replace('b.test both.test', 'b.test')],
  ['another order', (text) => text.replace(/(.*b\.pem.*\n)(.*c\.pem.*\n)/, '$2$1')],
  [
    'several at once',
    (text) =>
      `${text.replace(/.*b\.pem.*\n/, '')}${pem('e')} [alpn http/1.1] e.test\n${pem('d')}\n${pem('d')} both.test\n`,
  ],
];

for (const [what, change] of CHANGES) {
  test(`at run time as by a new process: ${what}`, async () => {
    const pid = await servingPid(question);
    const former = await view();
    const text = change(original);
    assert.notEqual(text, original);
    await writeFile(list, text);
    const ran = await hitless(question, 'apply', '--yes', '--json');
    assert.equal(ran.code, 0, ran.stderr + ran.stdout);
    assert.equal(outcomeOf(ran).method, 'runtime', ran.stdout);
    assert.equal(await servingPid(question), pid);
    const changed = await view();
    const { result, drift, changes } = await planned();
    assert.deepEqual([result, drift, changes], ['unchanged', [], []]);
    await assertAsBefore(question, pid);
    const { newPids } = await reloaded(question);
    await assertAsBefore(question, newPids[0] ?? 0);
    assert.deepEqual(changed, await view());
    assert.notDeepEqual(changed, former, 'the change shows at all');
  });
}

test('no connection is lost while entries come, go and change places, and clients get the new one', async () => {
  const tls = { connections: 'mixed', url: 'https://10.77.0.1/', rate: 100 } as const;
  assert.match((await served())['d.test'] ?? '', /^lab\.test/);
  const texts = [
    original.replace('# names\n', `${pem('d')} d.test\n`),
    `${original.replace(/.*a\.pem.*\n/, '')}${pem('d')} d.test\n`,
  ];
  await losingNothing(question, [tls], async () => {
    for (const text of texts) {
      await writeFile(list, text);
      const ran = await hitless(question, 'apply', '--yes', '--json');
      assert.equal(outcomeOf(ran).method, 'runtime', ran.stderr + ran.stdout);
    }
  });
  const { 'a.test': gone, 'd.test': added } = await served();
  assert.match(`${gone}, ${added}`, /^lab\.test .*, d\.test/);
});

test('an entry is served on every bind line that uses the list; with options it is a reload', async () => {
  const former = await readFile(shared, 'utf8');
  await writeFile(shared, `${former}${pem('e')}\n`);
  const ran = await hitless(question, 'apply', '--yes', '--json');
  assert.equal(outcomeOf(ran).method, 'runtime', ran.stderr + ran.stdout);
  for (const port of [444, 445]) assert.match((await served(port))['e.test'] ?? '', /^e\.test/);
  await writeFile(shared, `${former}${pem('e')}\n${pem('d')} [alpn h2]\n`);
  const { changes } = await planned();
  assert.match(changes[0]?.because ?? '', /has options and the list is on 2 bind lines/);
  await writeFile(shared, former);
});

for (const [name, what] of [
  ['b', 'reload'],
  ['c', 'runtime'],
] as const) {
  test(`a replaced certificate, of two for one name the ${name === 'b' ? 'first' : 'last'}: ${what}`, async () => {
    const former = await readFile(pem(name));
    const { 'both.test': both } = await served();
    await copyFile(await makeCertificate(question.lb, `${name}.test`), pem(name));
    const { changes } = await planned();
    assert.deepEqual(
      changes.map(({ by }) => by),
      [what],
      changes[0]?.because,
    );
    const ran = await hitless(question, 'apply', '--yes', '--json');
    assert.equal(ran.code, 0, ran.stderr + ran.stdout);
    await assertAsBefore(question, outcomeOf(ran).newPids[0] ?? 0);
    assert.equal((await served())['both.test'], both);
    await writeFile(pem(name), former);
  });
}

test('the default certificate is left to a reload, which the plan says', async () => {
  await writeFile(list, original.replace('lab.test\n', 'lab.test more.test\n'));
  const { changes } = await planned();
  assert.deepEqual(
    changes.map(({ by }) => by),
    ['reload'],
  );
  assert.match(changes[0]?.because ?? '', /default certificate/);
});

test('what HAProxy refuses leaves everything as it was', async () => {
  const pid = await servingPid(question);
  const former = await view();
  // Somebody else is in the middle of a transaction: no certificate can be loaded.
  await ask(question, `set ssl cert ${pem('a')} <<\n${await readFile(pem('a'), 'utf8')}\n`);
  await writeFile(list, `${original}${pem('a')} more.test\n${pem('d')} d.test\n`);
  const ran = await hitless(question, 'apply', '--yes', '--json');
  assert.equal(ran.code, 11, ran.stderr + ran.stdout);
  assert.match(outcomeOf(ran).error?.message ?? '', /ongoing transaction is about/);
  await ask(question, `abort ssl cert ${pem('a')}`);
  assert.deepEqual(await view(), former);
  assert.equal(await servingPid(question), pid);
});

test('drift: entries that the file does not have, or has alone, are listed and named as lost', async () => {
  const lost = async (): Promise<readonly string[]> => {
    const { plan } = outcomeOf(await hitless(question, 'reload', '--dry-run', '--json'));
    return (plan?.lostState ?? []).map(({ what }) => what);
  };
  assert.deepEqual(await lost(), []);
  await ask(question, `add ssl crt-list ${list} <<\n${pem('a')} [alpn h2] drift.test\n`);
  await ask(question, `del ssl crt-list ${list} ${pem('b')}`);
  const { drift } = await planned();
  assert.deepEqual(
    drift.map(({ kind, detail }) => `${kind} ${detail}`),
    [
      `crt-list-entry ${pem('b')} [alpn h2,http/1.1 ssl-min-ver TLSv1.2] b.test both.test`,
      `crt-list-entry ${pem('a')} [alpn h2] drift.test`,
    ],
  );
  assert.deepEqual(await lost(), [`2 entries of the crt-list ${list}`]);
  // What is as neither file has it could not be put back.
  await writeFile(list, `${original}${pem('d')} d.test\n`);
  const { changes } = await planned();
  assert.match(changes[0]?.because ?? '', /entries of it were changed at run time/);
});

test('what was added by hand and stands in the file now is nothing to change', async () => {
  await ask(question, `add ssl crt-list ${list} <<\n${pem('c')} more.test\n`);
  assert.equal((await planned()).drift.length, 1);
  await writeFile(list, `${original}${pem('c')} more.test\n`);
  const { result, changes } = await planned();
  assert.equal(result, 'unchanged');
  assert.deepEqual(
    changes.map(({ by }) => by),
    ['nothing'],
  );
});

test('an entry that somebody has added, and no file has, is left alone', async () => {
  await ask(question, `add ssl crt-list ${list} <<\n${pem('a')} drift.test\n`);
  const former = await view();
  await writeFile(list, `${original.replace(/.*a\.pem.*\n/, '')}${pem('c')} x.test\n`);
  const ran = await hitless(question, 'apply', '--yes', '--json');
  assert.equal(ran.code, 11, ran.stderr + ran.stdout);
  assert.match(outcomeOf(ran).error?.message ?? '', /in use/);
  assert.deepEqual(
    entriesWithout(await view(), 'drift.test'),
    entriesWithout(former, 'drift.test'),
  );
  await writeFile(list, `${original}${pem('c')} x.test\n`);
  const again = await hitless(question, 'apply', '--yes', '--json');
  assert.equal(outcomeOf(again).method, 'runtime', again.stderr + again.stdout);
  assert.deepEqual(
    (await planned()).drift.map(({ detail }) => detail),
    [`${pem('a')} drift.test`],
  );
});
