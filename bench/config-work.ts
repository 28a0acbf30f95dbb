import { readFileSync } from 'node:fs';
import { documentOf, parse, print } from '../src/haproxy/config/document.js';
import { resolve } from '../src/haproxy/config/resolve.js';

/** What one fresh process needs for a configuration; without a file: what it needs for nothing. */
export interface ConfigWork {
  readonly parsePrintMs: number;
  /** Sections and proxies, with the defaults that count for each, on top. */
  readonly resolveMs: number;
  readonly same: boolean;
  readonly memoryBytesMax: number;
}

const [file] = process.argv.slice(2);
process.stdout.write(JSON.stringify(work(file)));

function work(path: string | undefined): ConfigWork {
  const bytes = path === undefined ? Buffer.alloc(0) : readFileSync(path);
  const started = performance.now();
  const document = parse('bench.cfg', bytes);
  // Of its lines, each made: printing what was read would give the text back.
  const printed = print(documentOf(document.file, document.lines));
  const between = performance.now();
  const { sections, proxies } = resolve([document]);
  const named = proxies.every(({ name }) => name !== '');
  const ended = performance.now();
  return {
    parsePrintMs: between - started,
    resolveMs: ended - between,
    same: printed.equals(bytes) && named && (path === undefined || sections.length > 0),
    memoryBytesMax: process.resourceUsage().maxRSS * 1024,
  };
}
