import { type QuestionLab, startQuestionLab } from '../src/lab/question-lab.js';
import { runTrial, type Trial } from '../src/trial/trial.js';
import type { WayName } from '../src/trial/ways/registry.js';
import { median, type Finding } from './result.js';
import { summary } from './summary.js';

const ROUNDS = 11;
/** From the transaction of the kernel to the first connection at the next instance. */
const LIMIT_MS = 5;
const FLIPS = 50;
const EVERY_MS = 2_500;

/** How soon a flip is in force, and fifty of them under load beside the one that is too hasty. */
export async function benchFlip(): Promise<readonly Finding[]> {
  return [await inForce(), await control(), await lossless('flip', 'new', 2500)];
}

/**
 * A client on the same machine connects again and again to the public port; the flip is timed by
 * that client's own clock, from when nft is given the transaction to the first connection at the
 * next instance. Real-time where that is allowed: other programs on the cores are not meant.
 */
export async function inForce(): Promise<Finding> {
  const question = await startQuestionLab();
  try {
    const all: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) all.push(await oneFlip(question));
    const ms = median(all);
    return {
      what: 'flip, from the decision to the first connection at the next instance',
      measured: `${ms.toFixed(2)} ms (${all.map((one) => one.toFixed(2)).join(', ')})`,
      limit: `at most ${LIMIT_MS} ms`,
      met: ms <= LIMIT_MS,
    };
  } finally {
    await question.lab.close();
  }
}

const PROGRAM = `
const { spawn } = require('node:child_process');
const { connect, createServer } = require('node:net');
const [from, to] = process.argv.slice(1).map(Number);
const listen = (port, on) => new Promise((done) => createServer((s) => { on(); s.destroy(); }).listen(port, '0.0.0.0', done));
let arrived;
(async () => {
  await listen(from, () => {});
  await listen(to, () => { arrived ??= performance.now(); });
  const knock = () => {
    const s = connect(8888, '127.0.0.1');
    s.on('error', () => {});
    s.on('close', () => { if (arrived === undefined) knock(); });
  };
  const script = ['delete element inet bench ports { 8888 }', 'add element inet bench ports { 8888 : ' + to + ' }'].join('\\n');
  const nft = spawn('nft', ['-f', '-'], { stdio: ['pipe', 'inherit', 'inherit'] });
  for (let n = 0; n < 2; n += 1) knock();
  setTimeout(() => {
    const decided = performance.now();
    nft.stdin.end(script);
    nft.on('exit', () => {
      const look = () => {
        if (arrived === undefined) return setTimeout(look, 1);
        console.log(JSON.stringify({ ms: arrived - decided }));
        process.exit(0);
      };
      look();
    });
  }, 200);
})();
`;

const TABLE = `add table inet bench
add map inet bench ports { type inet_service : inet_service; }
add chain inet bench out { type nat hook output priority -100; }
add rule inet bench out tcp flags & (fin|syn|rst|ack) == syn meta l4proto tcp dnat ip to ip daddr : tcp dport map @ports
add element inet bench ports { 8888 : 9001 }`;

const REAL_TIME = ['chrt', '--rr', '10'];

async function oneFlip({ lb }: QuestionLab): Promise<number> {
  await lb.must(['nft', TABLE]);
  try {
    const { code } = await lb.run([...REAL_TIME, 'true']).catch(() => ({ code: 1 }));
    const prefix = code === 0 ? REAL_TIME : [];
    const said = await lb.must([...prefix, process.execPath, '-e', PROGRAM, '9001', '9002']);
    return (JSON.parse(said) as { readonly ms: number }).ms;
  } finally {
    await lb.must(['nft', 'delete table inet bench']);
  }
}

async function control(): Promise<Finding> {
  const trial = await trialOf('flip, old stopped at once', 'new', 1000, 10, true);
  return {
    what: 'control: flip, old stalled and stopped at once',
    measured: summary(trial),
    limit: 'loses',
    met: trial.report.lost.total > 0,
  };
}

async function lossless(
  way: WayName,
  connections: 'new' | 'keep-alive',
  rate: number,
): Promise<Finding> {
  const trial = await trialOf(way, connections, rate, FLIPS, false);
  const failed = trial.reloads.filter(({ ok }) => !ok).length;
  return {
    what: `${way}, ${connections} connections, ${rate}/s`,
    measured: `${summary(trial)}, ${failed} failed`,
    limit: '0 lost, 0 failed',
    met: trial.report.lost.total === 0 && failed === 0,
  };
}

async function trialOf(
  way: WayName,
  connections: 'new' | 'keep-alive',
  ratePerSecond: number,
  flips: number,
  stalled: boolean,
): Promise<Trial> {
  const forMs = flips * EVERY_MS + 1_000;
  const load = { connections, ratePerSecond, forMs, everyMs: EVERY_MS, ipv6: false };
  return await runTrial({ way, stalled, ...load });
}
