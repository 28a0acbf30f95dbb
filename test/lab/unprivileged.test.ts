import assert from 'node:assert/strict';
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { run } from '../../src/host/node/run.js';

const PLAIN = ['--reuid=65534', '--regid=65534', '--clear-groups', '--inh-caps=-all'];
const NOBODY = ['setpriv', ...PLAIN, '--'];
const DIST = fileURLToPath(new URL('../../', import.meta.url));

const PROGRAM = `
import { labSupport } from './src/lab/support.js';
import { startQuestionLab } from './src/lab/question-lab.js';
const support = await labSupport();
if (!support.ok) { console.log(JSON.stringify(support)); process.exit(0); }
const { lab, client, urls } = await startQuestionLab();
const bodies = [];
for (const url of urls) bodies.push(await client.must(['curl', '-sg', url, url]));
await lab.close();
console.log(JSON.stringify({ ...support, bodies }));
`;

test('a plain user gets the same lab, where user namespaces are allowed', async (t) => {
  if (process.geteuid?.() !== 0) return t.skip('run as root to become a plain user here');
  const dir = await mkdtemp(join(tmpdir(), 'hitless-unprivileged-'));
  try {
    await chmod(dir, 0o755);
    await cp(join(DIST, 'src'), join(dir, 'src'), { recursive: true });
    await writeFile(join(dir, 'package.json'), '{"type":"module"}');
    await writeFile(join(dir, 'try.js'), PROGRAM);
    const tried = await run([...NOBODY, process.execPath, join(dir, 'try.js')], { cwd: dir });
    assert.equal(tried.code, 0, tried.stderr);
    const result = JSON.parse(tried.stdout) as { ok: boolean; hint?: string; mode?: string };
    if (!result.ok) return t.skip(`user namespaces are not allowed here: ${result.hint}`);
    assert.equal(result.mode, 'user');
    assert.match(tried.stdout, /origin1.*origin2|origin2.*origin1/);
  } finally {
    await rm(dir, { recursive: true });
  }
});
