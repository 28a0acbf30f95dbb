import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { makeCertificate } from '../../src/lab/certificate.js';
import { askHaproxy } from '../../src/lab/stats-socket.js';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import type { RunResult } from '../../src/host/node/run.js';
import {
  assertAsBefore,
  assertRefused,
  hitless,
  outcomeOf,
  reloaded,
  servingPid,
  stateDir,
} from './support.js';

let question: QuestionLab;
let config: string;
let map: string;
let list: string;
let original: string;

before(async () => {
  question = await startQuestionLab({
    tls: true,
    adapt: (spec) => {
      const folder = dirname(spec.statsSocket);
      map = `${folder}/hosts.map`;
      list = `${folder}/blocked.lst`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(map, '# hosts\na.example web\nb.example web\n');
      writeFileSync(list, '192.0.2.1\n');
      return {
        ...spec,
        frontends: spec.frontends.map((frontend) => ({
          ...frontend,
          lines: [
            'maxconn 4000',
            `http-request deny if { src -f ${list} }`,
            `use_backend %[req.hdr(host),lower,map(${map},web)]`,
          ],
        })),
        backends: spec.backends.map((backend) => ({
          ...backend,
          servers: backend.servers.map((server) => ({
            ...server,
            options: 'weight 10 check port 80',
          })),
        })),
      };
    },
  });
  config = question.haproxy.paths.config;
  original = await readFile(config, 'utf8');
});
after(async () => {
  await question.lab.close();
});

test('files that are older than the process are what runs: there is nothing to change', async () => {
  const pid = await servingPid(question);
  const ran = await hitless(question, 'plan', '--detailed-exitcode');
  assert.equal(ran.code, 0, ran.stderr + ran.stdout);
  assert.match(ran.stdout, /is younger than its files/);
  assert.match(ran.stdout, /^nothing to change$/m);
  await assertAsBefore(question, pid);
});

test('a new file: what is made at run time, what needs a reload and why; nothing is touched', async () => {
  const pid = await servingPid(question);
  const text = original
    .replace('web1 10.77.0.11:80 weight 10', 'web1 10.77.0.11:80 weight 20')
    .replace('balance roundrobin', 'balance leastconn');
  const ran = await planFor(text, '--detailed-exitcode');
  assert.equal(ran.code, 2, ran.stderr);
  const { changes, summary, needsReload } = documentOf(ran);
  assert.deepEqual([summary.runtime, summary.reload, needsReload], [1, 1, true]);
  assert.deepEqual(
    changes.map(({ subject, by }) => `${subject} ${by}`),
    ['backend web reload', 'server web/web1 runtime'],
  );
  assert.match(changes[0]?.because ?? '', /algorithm/);
  assert.deepEqual(changes[1]?.before?.place.file, config);
  assert.equal(await readFile(config, 'utf8'), original);
  await assertAsBefore(question, pid);
});

test('an error in a new file is told with the place in that file', async () => {
  const ran = await planFor(original.replace('balance roundrobin', 'balance rondrobin'));
  assertRefused(ran, {
    exit: 10,
    code: 'config-invalid',
    message: /new\.cfg:\d+: balance only supports/,
    hint: /mend the configuration/,
  });
});

test('text is at most as wide as the terminal, and has no colours in a pipe', async () => {
  await writeFile(`${question.lb.dir}/new.cfg`, original.replaceAll('weight 10', 'weight 11'));
  const ran = await hitless(question, 'plan', `${question.lb.dir}/new.cfg`);
  assert.match(ran.stdout, /2 at run time/);
  assert.ok(!ran.stdout.includes('\u001b'));
});

test('files that have changed since others started HAProxy: what runs is not known', async () => {
  const later = new Date();
  await utimes(config, later, later);
  const ran = await hitless(question, 'plan', '--json', '--state-dir', `${question.lb.dir}/none`);
  const { running, changes } = documentOf(ran);
  assert.equal(running.known, false);
  assert.match(changes[0]?.because ?? '', /what runs is not known: .*haproxy\.cfg has changed/);
});

test('a reload keeps what it has started, for its owner only, and forgets processes that are gone', async () => {
  const { newPids } = await reloaded(question);
  await assertAsBefore(question, newPids[0] ?? 0);
  const second = await reloaded(question);
  const [pid] = second.newPids;
  await assertAsBefore(question, pid ?? 0);
  const third = await reloaded(question);
  await assertAsBefore(question, third.newPids[0] ?? 0);
  const folder = `${stateDir(question)}/running`;
  const names = await readdir(folder);
  assert.ok(
    names.some((name) => name.startsWith(`${third.newPids[0] ?? 0}-`)),
    names.join(' '),
  );
  assert.ok(!names.some((name) => name.startsWith(`${newPids[0] ?? 0}-`)), names.join(' '));
  const { mode } = await stat(`${folder}/${names[0] ?? ''}`);
  assert.equal(mode & 0o777, 0o600);
});

test('what was kept is compared with files that have changed since', async () => {
  await writeFile(config, original.replace('maxconn 4000', 'maxconn 3000'));
  await writeFile(map, 'a.example web\nb.example other\nc.example web\n');
  try {
    const ran = await hitless(question, 'plan', '--json');
    const { running, changes } = documentOf(ran);
    assert.deepEqual(running, { known: true, from: 'kept' });
    assert.deepEqual(
      changes.map(({ subject, by }) => `${subject} ${by}`),
      ['frontend www runtime', `map ${map} runtime`],
    );
    assert.deepEqual(changes[1]?.runtime, [
      `${map}: b.example web → other`,
      `${map}: c.example absent → web`,
    ]);
  } finally {
    await writeFile(config, original);
    await writeFile(map, '# hosts\na.example web\nb.example web\n');
  }
});

test('an option that has come into the files since does not count for the process that runs', async () => {
  const option = '    option idle-close-on-response\n';
  await writeFile(config, original.replaceAll(/^(frontend .*\n)/gm, `$1${option}`));
  const words = ['reload', '--dry-run', '--method', 'fd-pass', '--json'];
  try {
    const kept = await hitless(question, ...words);
    assert.equal(kept.code, 10, kept.stdout);
    assert.match(kept.stdout, /"code":"not-lossless".*keep-alive clients/);
    // Who has kept nothing can only say that it is not known.
    const unknown = await hitless(question, ...words, '--state-dir', `${question.lb.dir}/none`);
    assert.match(unknown.stdout, /have changed since pid \d+ read them/);
  } finally {
    await writeFile(config, original);
  }
});

/** What is set over the socket, what drift says of it, and how it is taken back. */
const DRIFTS: readonly (readonly [
  what: string,
  commands: () => readonly string[],
  expected: () => readonly string[],
  back: () => readonly string[],
])[] = [
  [
    'a server in maintenance',
    () => ['set server web/web1 state maint'],
    () => ['state server web/web1 state maint/ready'],
    () => ['set server web/web1 state ready'],
  ],
  [
    'a drained server',
    () => ['set server web/web1 state drain'],
    () => ['state server web/web1 state drain/ready'],
    () => ['set server web/web1 state ready'],
  ],
  [
    'a weight',
    () => ['set server web/web1 weight 3'],
    () => ['weight server web/web1 weight 3/10'],
    () => ['set server web/web1 weight 10'],
  ],
  [
    'an address',
    () => ['set server web/web1 addr 10.77.0.12 port 81'],
    () => ['address server web/web1 address 10.77.0.12:81/10.77.0.11:80'],
    () => ['set server web/web1 addr 10.77.0.11 port 80'],
  ],
  [
    'a maxconn of a server',
    () => ['set maxconn server web/web1 9'],
    () => ['maxconn server web/web1 maxconn 9/0'],
    () => ['set maxconn server web/web1 0'],
  ],
  [
    'checks that are off',
    () => ['disable health web/web1'],
    () => ['check server web/web1 check off/on'],
    () => ['enable health web/web1'],
  ],
  [
    'an added server',
    () => ['add server web/web9 10.77.0.11:80'],
    () => ['added-server server web/web9  10.77.0.11:80/null'],
    () => ['del server web/web9'],
  ],
  [
    'a maxconn of a frontend',
    () => ['set maxconn frontend www 77'],
    () => ['frontend-maxconn frontend www maxconn 77/4000'],
    () => ['set maxconn frontend www 4000'],
  ],
  [
    'the maxconn of the process',
    () => ['set maxconn global 77'],
    () => ['global global maxconn 77/8000'],
    () => ['set maxconn global 8000'],
  ],
  [
    'a rate of the process',
    () => ['set rate-limit sessions global 99999'],
    () => ['global global maxsessrate 99999/0'],
    () => ['set rate-limit sessions global 0'],
  ],
  [
    'an added entry of a map',
    () => [`add map ${map} z.example web`],
    () => [`map-entry map ${map} z.example web/null`],
    () => [`del map ${map} z.example`],
  ],
  [
    'a changed entry of a map',
    () => [`set map ${map} a.example x`],
    () => [`map-entry map ${map} a.example x/web`],
    () => [`set map ${map} a.example web`],
  ],
  [
    'a deleted entry of a map',
    () => [`del map ${map} a.example`],
    () => [`map-entry map ${map} a.example null/web`],
    () => [`add map ${map} a.example web`],
  ],
  [
    'an entry of an ACL',
    () => [`add acl ${list} 192.0.2.9`],
    () => [`acl-entry acl ${list} 192.0.2.9 /null`],
    () => [`del acl ${list} 192.0.2.9`],
  ],
];

for (const [what, commands, expected, back] of DRIFTS) {
  test(`drift: ${what}, with what the files say`, async () => {
    for (const command of commands()) await ask(command);
    const { drift, changes } = documentOf(await hitless(question, 'plan', '--json'));
    assert.deepEqual(
      drift.map(
        (one) =>
          `${one.kind} ${one.subject} ${one.detail} ${String(one.running)}/${String(one.files)}`,
      ),
      expected(),
    );
    assert.deepEqual(changes, []);
    for (const command of back()) await ask(command);
    assert.deepEqual(documentOf(await hitless(question, 'plan', '--json')).drift, []);
  });
}

test('drift: a certificate that was set at run time', async () => {
  const path = certificatePath();
  const former = await readFile(path, 'utf8');
  // It writes to the same name.
  assert.equal(await makeCertificate(question.lb, 'lab.test'), path);
  const other = await readFile(path, 'utf8');
  await writeFile(path, former);
  await ask(`set ssl cert ${path} <<\n${other}\n`);
  assert.match((await ask(`commit ssl cert ${path}`)) ?? '', /Success/);
  const { drift } = documentOf(await hitless(question, 'plan', '--json'));
  assert.deepEqual(
    drift.map(({ kind, subject }) => `${kind} ${subject}`),
    [`certificate certificate ${path}`],
  );
  await ask(`set ssl cert ${path} <<\n${former}\n`);
  await ask(`commit ssl cert ${path}`);
  assert.deepEqual(documentOf(await hitless(question, 'plan', '--json')).drift, []);
});

test('a certificate that was set at run time is named as lost before a reload', async () => {
  const path = certificatePath();
  const former = await readFile(path, 'utf8');
  assert.equal(await makeCertificate(question.lb, 'lab.test'), path);
  const other = await readFile(path, 'utf8');
  await writeFile(path, former);
  // Only a file that is older than the process is what the process has read.
  const { newPids } = await reloaded(question);
  await assertAsBefore(question, newPids[0] ?? 0);
  const lost = async (): Promise<readonly string[]> => {
    const { plan } = outcomeOf(await hitless(question, 'reload', '--dry-run', '--json'));
    return (plan?.lostState ?? []).map(({ what }) => what);
  };
  assert.deepEqual(await lost(), []);
  await ask(`set ssl cert ${path} <<\n${other}\n`);
  assert.match((await ask(`commit ssl cert ${path}`)) ?? '', /Success/);
  assert.deepEqual(await lost(), [`certificate ${path}`]);
  await ask(`set ssl cert ${path} <<\n${former}\n`);
  await ask(`commit ssl cert ${path}`);
  assert.deepEqual(await lost(), []);
});

test('drift: a server that was deleted at run time comes back with a reload', async () => {
  await ask('set server web/web2 state maint');
  await ask('del server web/web2');
  const { drift } = documentOf(await hitless(question, 'plan', '--json'));
  assert.deepEqual(
    drift.map(({ kind, subject, afterReload }) => `${kind} ${subject}: ${afterReload}`),
    ['deleted-server server web/web2: a reload brings it back'],
  );
  const { newPids } = await reloaded(question);
  await assertAsBefore(question, newPids[0] ?? 0);
  assert.deepEqual(documentOf(await hitless(question, 'plan', '--json')).drift, []);
});

interface Side {
  readonly text: string;
  readonly place: { readonly file: string; readonly line: number };
}

interface PlanDocument {
  readonly running: { readonly known: boolean; readonly from?: string };
  readonly summary: { readonly runtime: number; readonly reload: number };
  readonly needsReload: boolean;
  readonly changes: readonly {
    readonly subject: string;
    readonly by: string;
    readonly because: string | null;
    readonly runtime: readonly string[];
    readonly before: Side | null;
    readonly after: Side | null;
  }[];
  readonly drift: readonly {
    readonly kind: string;
    readonly subject: string;
    readonly detail: string;
    readonly running: string | null;
    readonly files: string | null;
    readonly afterReload: string;
  }[];
}

function documentOf({ stdout, stderr }: RunResult): PlanDocument {
  try {
    return JSON.parse(stdout) as PlanDocument;
  } catch {
    assert.fail(`stdout is not one JSON document:\n${stdout}\nstderr:\n${stderr}`);
  }
}

async function planFor(text: string, ...flags: readonly string[]): Promise<RunResult> {
  const path = `${question.lb.dir}/new.cfg`;
  await writeFile(path, text);
  return await hitless(question, 'plan', path, '--json', ...flags);
}

async function ask(command: string): Promise<string | undefined> {
  return await askHaproxy(question.haproxy.paths.statsSocket, command);
}

function certificatePath(): string {
  const found = /crt (\S+)/.exec(original);
  return found?.[1] ?? '';
}
