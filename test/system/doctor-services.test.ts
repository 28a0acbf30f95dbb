import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { startApacheProxy } from '../../src/lab/apache-proxy.js';
import { withLab } from '../../src/lab/lab.js';
import { startNginx } from '../../src/lab/nginx.js';
import { startQuestionLab } from '../../src/lab/question-lab.js';
import { QUESTION_TOPOLOGY } from '../../src/lab/topology.js';
import { hitless } from './support.js';

const ORIGINS = ['10.77.0.11:80'];

interface Found {
  readonly findings: readonly { readonly check: string }[];
}

async function checksOf(
  place: Parameters<typeof hitless>[0],
  ...words: readonly string[]
): Promise<readonly string[]> {
  const ran = await hitless(place, 'doctor', '--json', ...words);
  assert.equal(ran.stderr, '');
  return (JSON.parse(ran.stdout) as Found).findings.map(({ check }) => check);
}

test('nginx: idle clients, and fewer workers with reuseport than run', async () => {
  await withLab(QUESTION_TOPOLOGY, async (lab) => {
    const lb = lab.node('lb');
    const { config } = await startNginx(lb, { origins: ORIGINS, keepaliveTimeout: '60s' });
    const checks = await checksOf({ lb }, '--service', 'nginx');
    assert.ok(checks.includes('nginx-idle-clients') && !checks.includes('nginx-fewer-workers'));
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace(/keepalive_timeout \S+;/, 'keepalive_timeout 0;'));
    assert.ok(!(await checksOf({ lb }, '--service', 'nginx')).includes('nginx-idle-clients'));
  });
});

test('Apache: idle clients, and a scoreboard that leaves no place for a second generation', async () => {
  await withLab(QUESTION_TOPOLOGY, async (lab) => {
    const lb = lab.node('lb');
    const { config } = await startApacheProxy(lb, { origins: ORIGINS, keepAlive: true });
    const former = await checksOf({ lb }, '--service', 'apache');
    assert.ok(former.includes('apache-idle-clients') && former.includes('apache-no-spare-slots'));
    const text = await readFile(config, 'utf8');
    await writeFile(config, text.replace(/ServerLimit \d+/, 'ServerLimit 1000'));
    assert.ok(!(await checksOf({ lb }, '--service', 'apache')).includes('apache-no-spare-slots'));
  });
});

test('a master without a limit of old workers is found and mended, and the next worker has the limit', async () => {
  const question = await startQuestionLab({ haproxyMode: 'master-worker' });
  try {
    const words = ['--only', 'max-reloads'] as const;
    assert.deepEqual(await checksOf(question, ...words), ['max-reloads']);
    const mended = await hitless(question, 'doctor', '--fix', '--allow-loss', ...words);
    assert.equal(mended.code, 0, mended.stderr);
    assert.match(mended.stderr, /^\+ +mworker-max-reloads 20$/m);
    assert.deepEqual(await checksOf(question, ...words), []);
    assert.match(
      await readFile(question.haproxy.paths.config, 'utf8'),
      /^ {4}mworker-max-reloads 20$/m,
    );
  } finally {
    await question.lab.close();
  }
});
