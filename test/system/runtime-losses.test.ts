import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { after, before, test } from 'node:test';
import { type QuestionLab, startQuestionLab } from '../../src/lab/question-lab.js';
import { CRL, EMPTY_CRL } from '../haproxy/runtime/crl.js';
import { ask, serverOf } from './state-lab.js';
import { assertAsBefore, hitless, outcomeOf, reloaded, withConfig } from './support.js';

let lab: QuestionLab;
const files = { ca: '', crl: '' };
/** Two certificates of authorities: the one in the file, and another one. */
const [authority, otherAuthority] = [makeAuthority(), makeAuthority()];

function makeAuthority(): string {
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const words = ['req', '-x509', '-days', '2', '-subj', '/CN=lab', ...curve];
  return execFileSync('openssl', [...words, '-keyout', '/dev/null'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

before(async () => {
  lab = await startQuestionLab({
    tls: true,
    adapt: (spec) => {
      const folder = dirname(spec.statsSocket);
      files.ca = `${folder}/ca.pem`;
      files.crl = `${folder}/crl.pem`;
      mkdirSync(folder, { recursive: true });
      writeFileSync(files.ca, authority);
      writeFileSync(files.crl, CRL);
      const words = `ca-file ${files.ca} crl-file ${files.crl} verify optional`;
      return {
        ...spec,
        frontends: spec.frontends.map((frontend) => ({
          ...frontend,
          binds: frontend.binds.map((bind) => (/ ssl /.test(bind) ? `${bind} ${words}` : bind)),
        })),
        backends: spec.backends.map((backend) => ({
          ...backend,
          servers: backend.servers.map((server) => ({
            ...server,
            options: 'maxconn 50 check port 80 inter 1h',
          })),
        })),
      };
    },
  });
});
after(async () => {
  await lab.lab.close();
});

const setFile = (what: 'ca-file' | 'crl-file', path: string, pem: string): readonly string[] => [
  `set ssl ${what} ${path} <<\n${pem.trim()}\n`,
  `commit ssl ${what} ${path}`,
];

/** What is set, what plan says of it, what a reload names as lost, and how it is taken back. */
const SET: readonly (readonly [
  set: () => readonly string[],
  drift: () => string,
  lost: () => string,
  back: () => readonly string[],
])[] = [
  [
    () => setFile('ca-file', files.ca, otherAuthority),
    () => `ca-file ${files.ca}: a reload loads the file`,
    () => `CA file ${files.ca}`,
    () => setFile('ca-file', files.ca, authority),
  ],
  [
    () => setFile('crl-file', files.crl, EMPTY_CRL),
    () => `crl-file ${files.crl}: a reload loads the file`,
    () => `CRL file ${files.crl}`,
    () => setFile('crl-file', files.crl, CRL),
  ],
  [
    () => ['set maxconn frontend www 77'],
    () => 'frontend www: a reload begins with 8000',
    () => 'maxconn 77 of frontend www',
    () => ['set maxconn frontend www 8000'],
  ],
  [
    () => ['set maxconn server web/web1 9'],
    () => 'server web/web1: a reload begins with 50',
    () => 'maxconn 9 of server web/web1',
    () => ['set maxconn server web/web1 50'],
  ],
  [
    () => ['set maxconn global 77'],
    () => 'global: a reload begins with 8000',
    () => 'maxconn 77 of the process',
    () => ['set maxconn global 0'],
  ],
  ...(
    [
      ['connections', 'maxconnrate'],
      ['sessions', 'maxsessrate'],
      ['ssl-sessions', 'maxsslrate'],
      ['http-compression', 'maxcomprate'],
    ] as const
  ).map(
    ([what, keyword]) =>
      [
        () => [`set rate-limit ${what} global 9999`],
        () => 'global: a reload begins with 0',
        () => `${keyword} 9999 of the process`,
        () => [`set rate-limit ${what} global 0`],
      ] as const,
  ),
];

for (const [set, drift, lost, back] of SET) {
  const [first = ''] = set();
  const title = `${/^set [\w -]+(?= )/.exec(first)?.[0] ?? ''}: in plan, and named as lost before a reload`;
  test(title, async () => {
    for (const command of set()) await ask(lab, command);
    assert.deepEqual(await seen(), [[drift()], [lost()]]);
    for (const command of back()) await ask(lab, command);
    assert.deepEqual(await seen(), [[], []]);
  });
}

/** Both readings of the same process. */
async function seen(): Promise<readonly [readonly string[], readonly string[]]> {
  const ran = await hitless(lab, 'plan', '--json');
  const { drift } = JSON.parse(ran.stdout) as {
    readonly drift: readonly { readonly subject: string; readonly afterReload: string }[];
  };
  const { plan } = outcomeOf(await hitless(lab, 'reload', '--dry-run', '--json'));
  return [
    drift.map(({ subject, afterReload }) => `${subject}: ${afterReload}`),
    (plan?.lostState ?? []).map(({ what }) => what),
  ];
}

test('what is named as lost is lost: the next process begins with the files', async () => {
  for (const [set] of SET) for (const command of set()) await ask(lab, command);
  const { newPids, plan } = await reloaded(lab);
  await assertAsBefore(lab, newPids[0] ?? 0);
  assert.deepEqual(
    new Set(plan?.lostState?.map(({ what }) => what)),
    new Set(SET.map(([, , lost]) => lost())),
  );
  assert.deepEqual(await seen(), [[], []]);
  assert.match(await ask(lab, `show ssl crl-file ${files.crl}`), /Serial Number: 01/);
  assert.match(await ask(lab, 'show info'), /^Maxconn: 8000$/m);
});

test('what an edit of the file has changed since is no loss', async () => {
  await ask(lab, 'set maxconn server web/web1 9');
  await withConfig(
    lab,
    (text) => text.replace('maxconn 50', 'maxconn 60'),
    async () => {
      const { plan } = outcomeOf(await hitless(lab, 'reload', '--dry-run', '--json'));
      assert.deepEqual(plan?.lostState, []);
    },
  );
  await ask(lab, 'set maxconn server web/web1 50');
});

test('the port of a check that is switched off at run time is left to a reload, which keeps it off', async () => {
  await ask(lab, 'disable health web/web1');
  const former = await readFile(lab.haproxy.paths.config, 'utf8');
  const path = `${lab.lb.dir}/new.cfg`;
  await writeFile(path, former.replace('port 80', 'port 81'));
  const planned = await hitless(lab, 'plan', path, '--json');
  assert.match(planned.stdout, /its health checks are switched off at run time/);
  const ran = await hitless(lab, 'apply', path, '--json', '--yes', '--wait');
  assert.equal(ran.code, 0, ran.stderr + ran.stdout);
  const { checkPort, checkState } = await serverOf(lab, 'web', 'web1');
  assert.deepEqual([checkPort, checkState & 6], ['81', 2]);
  await ask(lab, 'enable health web/web1');
  await writeFile(path, former);
  const back = await hitless(lab, 'apply', path, '--json', '--yes');
  assert.match(back.stdout, /"result":"applied"/, back.stderr);
  assert.equal((await serverOf(lab, 'web', 'web1')).checkPort, '80');
});
