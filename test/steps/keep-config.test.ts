import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from '../../src/haproxy/config/document.js';
import { resolve } from '../../src/haproxy/config/resolve.js';
import { keptName, parseKept } from '../../src/haproxy/kept.js';
import type { Host } from '../../src/host/host.js';
import { sha256 } from '../../src/host/sha256.js';
import { keepSteps, type Rewritten } from '../../src/reload/keep-step.js';
import { keepConfig, type KeepConfig } from '../../src/steps/keep-config.js';
import { startHitless } from '../fakes/fake-host.js';
import { World } from '../fakes/world.js';
import { contextOf } from './context.js';

const CONFIG = '/etc/haproxy.cfg';
const SITE = '/certs/site.pem';
const KEY = '/certs/site.pem.key';
const TEXT = `frontend www\n  bind :443 ssl crt ${SITE}\n  bind :444 ssl crt-list /certs/list\n`;
/** All that it names, in the end. */
const NAMED = [SITE, KEY, '/certs/list', '/certs/other.pem'];

/** A machine on which the files were last changed a while ago, or just now. */
function machine(ageMs: number) {
  const world = new World();
  world.files.write(CONFIG, TEXT);
  world.files.write(SITE, 'site\n');
  world.files.write(KEY, 'key\n');
  world.files.write('/certs/list', '/certs/other.pem a.test\n');
  world.files.write('/certs/other.pem', 'other\n');
  const reads: string[] = [];
  const { host } = startHitless(world);
  const counting: Host = {
    ...host,
    files: {
      ...host.files,
      read: async (path) => {
        reads.push(path);
        return await host.files.read(path);
      },
      info: async (path) => {
        const info = await host.files.info(path);
        return info && { ...info, changedMs: host.clock.now() - ageMs };
      },
    },
  };
  return { world, host: counting, reads };
}

const PROCESS = { pid: 7, startTicks: 8 };

async function stepFor(host: Host, rewritten: readonly Rewritten[] = []): Promise<KeepConfig> {
  const content = Buffer.from(TEXT);
  const document = parse(CONFIG, content);
  const file = { path: CONFIG, absolutePath: CONFIG, content, document, modifiedMs: 0 };
  const check = { files: [file], cwd: '/', stateDir: '/state' };
  const examined = { config: resolve([document]), edits: [], check };
  const [step] = await keepSteps(host, examined, PROCESS, rewritten);
  assert.ok(step?.kind === 'keep-config');
  return step;
}

/** Digests of what is kept, by name. */
async function kept(host: Host, step: KeepConfig): Promise<Readonly<Record<string, string>>> {
  assert.deepEqual(await keepConfig.apply(step, contextOf(host)), { kept: true });
  const text = await host.files.read(`/state/running/${keptName(PROCESS)}`);
  const found = parseKept(text?.toString('utf8') ?? '', PROCESS);
  assert.ok(found !== undefined);
  return Object.fromEntries(found.referenced.map((file) => [file.name, file.sha256]));
}

async function digestsOf(world: World): Promise<Readonly<Record<string, string>>> {
  const entries = NAMED.map(
    async (path) => [path, await sha256(world.files.read(path) ?? Buffer.alloc(0))] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

const A_WHILE_MS = 60_000;

test('each file is read once for a reload, and kept with its digest', async () => {
  const { world, host, reads } = machine(A_WHILE_MS);
  const step = await stepFor(host);
  // What a crt-list names has to be known.
  assert.deepEqual(reads, ['/certs/list']);
  assert.deepEqual(await kept(host, step), await digestsOf(world));
  for (const path of [SITE, KEY, '/certs/other.pem']) {
    assert.equal(reads.filter((one) => one === path).length, 1, path);
  }
});

for (const path of NAMED) {
  for (const [age, ageMs] of [
    ['old', A_WHILE_MS],
    ['young', 0],
  ] as const) {
    test(`${path}, ${age} when it was looked at: changed since, it is not known what runs`, async () => {
      const { world, host } = machine(ageMs);
      const step = await stepFor(host);
      world.files.write(path, `${world.files.text(path) ?? ''}# more\n`);
      assert.deepEqual(await kept(host, step), { ...(await digestsOf(world)), [path]: 'unknown' });
    });
  }
}

test('a file that changes while it is read is not known either', async () => {
  const { world, host } = machine(A_WHILE_MS);
  const step = await stepFor(host);
  const read: Host['files']['read'] = async (path) => {
    const content = await host.files.read(path);
    if (path === SITE) world.files.write(SITE, 'other\n');
    return content;
  };
  const digests = await kept({ ...host, files: { ...host.files, read } }, step);
  assert.equal(digests[SITE], 'unknown');
});

test('so young a file that its version may stand for two contents is known by its content', async () => {
  const { host, reads } = machine(0);
  const step = await stepFor(host);
  assert.ok(reads.includes(SITE));
  assert.ok(step.referenced.every(({ version, sha256: content }) => version === null && content));
});

test('a file that the plan itself writes is known by what it writes', async () => {
  const { world, host } = machine(A_WHILE_MS);
  const step = await stepFor(host, [{ path: SITE, wanted: Buffer.from('wanted\n') }]);
  world.files.write(SITE, 'wanted\n');
  assert.deepEqual(await kept(host, step), await digestsOf(world));
});

test('the seven files that may stand beside a certificate are looked for in one list', async () => {
  const { host } = machine(A_WHILE_MS);
  const lists: string[] = [];
  const looks: string[] = [];
  const files: Host['files'] = {
    ...host.files,
    list: async (path) => {
      lists.push(path);
      return await host.files.list(path);
    },
    info: async (path) => {
      looks.push(path);
      return await host.files.info(path);
    },
  };
  await stepFor({ ...host, files });
  assert.deepEqual(lists, ['/certs']);
  assert.deepEqual(
    looks.filter((path) => path.startsWith('/certs/site.pem.')),
    [KEY],
  );
  // Who may not list a folder may still read what is in it.
  const list = async (): Promise<never> =>
    await Promise.reject(Object.assign(new Error('EACCES'), { code: 'EACCES' }));
  const step = await stepFor({ ...host, files: { ...host.files, list } });
  assert.deepEqual(
    step.referenced.map(({ name }) => name),
    NAMED,
  );
});
