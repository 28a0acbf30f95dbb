import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { hitlessArgv } from '../../src/entry-points.js';
import { spawn } from 'node:child_process';
import { METHODS } from '../../src/methods/registry.js';
import type { Comparison } from '../../src/report/model.js';
import { WAYS } from '../../src/trial/ways/registry.js';
import { methodsDocument } from './document.js';
import { readSections, uncovered } from './sections.js';

/**
 * `npm run docs:methods [-- FLAGS OF COMPARE]` measures and writes docs/methods.md;
 * `-- --from FILE` takes what `hitless compare --json > FILE` printed.
 */
const TARGET = fileURLToPath(new URL('../../../docs/methods.md', import.meta.url));
const DEFAULT_FLAGS = ['--connections', 'new,keep-alive'];

const words = process.argv.slice(2);
const sections = readSections();
const missing = uncovered(sections, Object.keys(METHODS), Object.keys(WAYS));
if (missing.length > 0) {
  process.stderr.write(`docs/methods/ has no section for: ${missing.join(', ')}\n`);
  process.exit(1);
}
const json = words[0] === '--from' ? await readFile(words[1] ?? '', 'utf8') : await measure(words);
const comparison = JSON.parse(json) as Comparison;
await writeFile(TARGET, methodsDocument(sections, comparison, Object.keys(METHODS)));
process.stderr.write(`${TARGET}: ${comparison.verdict}\n`);

/** stdout of `hitless compare --json`, whatever its verdict. */
async function measure(flags: readonly string[]): Promise<string> {
  const chosen = flags.length === 0 ? DEFAULT_FLAGS : flags;
  const [program = '', ...argv] = hitlessArgv('compare', '--json', ...chosen);
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  for await (const chunk of child.stdout) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
