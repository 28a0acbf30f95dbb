import { readFileSync } from 'node:fs';
import { compareConfigs } from '../src/haproxy/changes/compare.js';
import { onlyNaming } from '../src/haproxy/changes/naming.js';
import { parse } from '../src/haproxy/config/document.js';
import { referencesOf } from '../src/haproxy/config/references.js';
import { resolve, type Config } from '../src/haproxy/config/resolve.js';

/** What `hitless plan` computes for two files in a fresh process: HAProxy's own check left out. */
export interface PlanWork {
  readonly planMs: number;
  readonly runtime: number;
  readonly reload: number;
}

const [before = '', after = ''] = process.argv.slice(2);
process.stdout.write(JSON.stringify(work(before, after)));

function work(oldFile: string, newFile: string): PlanWork {
  const started = performance.now();
  const [old, now] = [read(oldFile), read(newFile)];
  referencesOf(onlyNaming(now));
  const changes = compareConfigs(old, now, '2.6.12');
  const planMs = performance.now() - started;
  const count = (kind: string): number => changes.filter(({ by }) => by.kind === kind).length;
  return { planMs, runtime: count('runtime'), reload: count('reload') };
}

/** With the proxies, which drift and the choice of a method ask for. */
function read(file: string): Config {
  const { documents, sections, proxies } = resolve([parse('bench.cfg', readFileSync(file))]);
  return { documents, sections, proxies };
}
