import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** Real programs and real load: they want the machine for themselves, some of them root. */
const SYSTEM = /^test\/(lab\/|system\/|probe\/(prober|prove|tls)\.)/;

/** They want a kernel that the host may not have: scripts/test-vm.mjs brings one. */
const GUEST = /^test\/vm\//;

/** Taken from the sources: what is left in dist of a deleted test is not run. */
export function testFiles() {
  const all = readdirSync(join(ROOT, 'test'), { recursive: true })
    .map((name) => join('test', name))
    .filter((name) => name.endsWith('.test.ts'))
    .sort();
  return {
    unit: all.filter((name) => !SYSTEM.test(name) && !GUEST.test(name)),
    system: all.filter((name) => SYSTEM.test(name)),
    vm: all.filter((name) => GUEST.test(name)),
  };
}

/** `test/a.test.ts` to the file that node runs. */
export function built(source) {
  return join(ROOT, 'dist', source.replace(/\.ts$/, '.js'));
}
