import { run } from '../src/host/node/run.js';
import { hitlessArgv } from '../src/entry-points.js';
import { median, ratioFinding, type Finding } from './result.js';

const ROUNDS = 30;
const LIMIT = 1.5;

/** How long the command line takes to be there, against Node itself; turn by turn. */
export async function benchStartup(): Promise<readonly Finding[]> {
  const bare: number[] = [];
  const ours: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    bare.push(await timed([process.execPath, '-e', '0']));
    ours.push(await timed(hitlessArgv('reload', '--help')));
  }
  const [node, cli] = [median(bare), median(ours)];
  const detail = `${cli.toFixed(0)} ms, node -e 0: ${node.toFixed(0)} ms`;
  return [ratioFinding('start-up, hitless reload --help', cli / node, LIMIT, detail)];
}

export async function timed(argv: readonly string[]): Promise<number> {
  const started = performance.now();
  const { code, stderr } = await run(argv, { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return performance.now() - started;
}
