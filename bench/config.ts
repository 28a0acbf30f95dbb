import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../src/host/node/run.js';
import { parseText } from '../src/haproxy/config/document.js';
import { setBalance } from '../src/haproxy/config/edit.js';
import type { ConfigWork } from './config-work.js';
import { generateConfig } from './generate-config.js';
import { median, ratioFinding, type Finding } from './result.js';
import { timed } from './startup.js';

const ROUNDS = 9;
const BACKENDS = 10_000;
const TIME_LIMIT = 0.25;
const MEMORY_LIMIT = 20;

/** A configuration of 100,000 lines: hitless beside `haproxy -c` on the same file, turn by turn. */
export async function benchConfig(): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'hitless-bench-'));
  try {
    const file = join(folder, 'haproxy.cfg');
    const text = generateConfig(BACKENDS);
    await writeFile(file, text);
    return [...(await beside(file, Buffer.byteLength(text))), editFinding(text)];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function beside(file: string, sizeBytes: number): Promise<readonly Finding[]> {
  const checks: number[] = [];
  const works: ConfigWork[] = [];
  const bare: ConfigWork[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    checks.push(await timed(['haproxy', '-c', '-f', file]));
    works.push(await inFreshProcess(file));
    bare.push(await inFreshProcess());
  }
  const checkMs = median(checks);
  const ratio = (what: string, ms: number): Finding => {
    const detail = `${ms.toFixed(0)} ms, haproxy -c: ${checkMs.toFixed(0)} ms`;
    return ratioFinding(what, ms / checkMs, TIME_LIMIT, detail);
  };
  const parsePrintMs = median(works.map((work) => work.parsePrintMs));
  const allMs = median(works.map((work) => work.parsePrintMs + work.resolveMs));
  return [
    ratio('parse and print 100,000 lines', parsePrintMs),
    ratio('the same, with all sections and proxies', allMs),
    memoryFinding(works, bare, sizeBytes),
    sameFinding(works),
  ];
}

async function inFreshProcess(...args: readonly string[]): Promise<ConfigWork> {
  const program = fileURLToPath(new URL('config-work.js', import.meta.url));
  const { code, stdout, stderr } = await run([process.execPath, program, ...args], {
    timeoutMs: 60_000,
  });
  if (code !== 0) throw new Error(`config-work: ${stderr}`);
  return JSON.parse(stdout) as ConfigWork;
}

function memoryFinding(
  works: readonly ConfigWork[],
  bare: readonly ConfigWork[],
  sizeBytes: number,
): Finding {
  const most = Math.max(...works.map(({ memoryBytesMax }) => memoryBytesMax));
  const least = median(bare.map(({ memoryBytesMax }) => memoryBytesMax));
  const [net, size] = [(most - least) / 2 ** 20, sizeBytes / 2 ** 20];
  const detail = `${net.toFixed(0)} MiB more than for an empty file, of ${size.toFixed(1)} MiB`;
  return ratioFinding('memory by the size of the file', net / size, MEMORY_LIMIT, detail);
}

function sameFinding(works: readonly ConfigWork[]): Finding {
  const different = works.filter(({ same }) => !same).length;
  return {
    what: 'prints what it read',
    measured: `${different} of ${works.length} differ`,
    limit: 'byte for byte',
    met: different === 0,
  };
}

function editFinding(text: string): Finding {
  const before = parseText('bench.cfg', text);
  const { documents } = setBalance([before], { proxy: `app${BACKENDS / 2}`, algorithm: 'first' });
  const after = documents[0]?.lines ?? [];
  const differing = before.lines.filter((line, at) => line.text !== after[at]?.text).length;
  const lines = differing + Math.abs(after.length - before.lines.length);
  return {
    what: 'set balance, one backend of 10,000',
    measured: `${lines} line(s) changed`,
    limit: '1',
    met: lines === 1,
  };
}
