import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { run } from '../src/host/node/run.js';
import type { PlanWork } from './plan-work.js';
import { median, ratioFinding, type Finding } from './result.js';

const ROUNDS = 5;
const TIME_LIMIT = 0.5;
/** Of 30,000 servers every hundredth gets another weight, and one backend another algorithm. */
const EVERY = 100;

/** `plan` of a file against the same with 301 changes, beside `haproxy -c` on it. */
export async function planFindings(
  file: string,
  text: string,
  checkMs: number,
): Promise<readonly Finding[]> {
  const changed = `${file}.new`;
  await writeFile(changed, withChanges(text));
  const works: PlanWork[] = [];
  for (let round = 0; round < ROUNDS; round += 1) works.push(await work(file, changed));
  const [{ runtime, reload } = { runtime: 0, reload: 0 }] = works;
  const planMs = median(works.map((one) => one.planMs));
  const detail = `${planMs.toFixed(0)} ms, haproxy -c: ${checkMs.toFixed(0)} ms`;
  return [
    ratioFinding('plan, 100,000 lines with 301 changes', planMs / checkMs, TIME_LIMIT, detail),
    {
      what: 'changes that plan finds there',
      measured: `${runtime + reload}`,
      limit: '301',
      met: runtime + reload === 301,
    },
  ];
}

function withChanges(text: string): string {
  let servers = 0;
  return text
    .replace('balance leastconn', 'balance first')
    .replaceAll(/^( +server .* weight )(\d+)$/gm, (line, before: string, weight: string) => {
      servers += 1;
      return servers % EVERY === 0 ? `${before}${Number(weight) + 1}` : line;
    });
}

async function work(...files: readonly string[]): Promise<PlanWork> {
  const program = fileURLToPath(new URL('plan-work.js', import.meta.url));
  const { code, stdout, stderr } = await run([process.execPath, program, ...files], {
    timeoutMs: 60_000,
  });
  if (code !== 0) throw new Error(`plan-work: ${stderr}`);
  return JSON.parse(stdout) as PlanWork;
}
