import {
  type ChildProcess,
  type ExecFileSyncOptionsWithStringEncoding,
  execFileSync,
  spawn,
} from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { waitFor } from '../src/host/wait.js';
import { PROBE_DEFAULTS, type Connections } from '../src/probe/options.js';
import { runProbe } from '../src/probe/prober.js';

/**
 * How much load the prober sustains through a real HAProxy, beside what `ab` (a new connection
 * each) and `wrk` (kept connections) reach there in the same minute, on the same cores.
 * The prober is open-loop: it is asked for a share of the other tool's rate, and sustains it when
 * it sends at least 99 % of it in time. Usage: node dist/bench/prober.js [seconds]
 */
const SECONDS = Number(process.argv[2] ?? 3);
const SHARES = [0.6, 0.8, 0.9, 1];
const ROUNDS = 3;
const CONNECTIONS = 64;
const [PROXY_PORT, ORIGIN_PORT] = [28_981, 28_980];
const QUIET: ExecFileSyncOptionsWithStringEncoding = {
  encoding: 'utf8',
  stdio: ['ignore', 'pipe', 'ignore'],
};
const URL = `http://127.0.0.1:${PROXY_PORT}/`;

interface Line {
  readonly kind: Connections;
  readonly round: number;
  readonly otherPerSecond: number;
  readonly share: number;
  readonly askedPerSecond: number;
  readonly reachedPerSecond: number;
  readonly lost: number;
  readonly lagP99Us: number;
  readonly latencyP99Us: number;
  readonly verdict: string;
}

const haproxy = await startHaproxy();
try {
  process.stdout.write(`# ${cpus().length} cores, ${cpus()[0]?.model}, ${SECONDS} s each\n`);
  for (let round = 1; round <= ROUNDS; round += 1) {
    for (const kind of ['new', 'keep-alive'] as const) {
      for (const share of SHARES) {
        process.stdout.write(`${JSON.stringify(await compare(kind, share, round))}\n`);
      }
    }
  }
} finally {
  haproxy.stop();
}

async function compare(kind: Connections, share: number, round: number): Promise<Line> {
  const otherPerSecond = kind === 'new' ? ab() : wrk();
  const askedPerSecond = Math.floor(otherPerSecond * share);
  const begunMs = performance.now();
  let readyMs = begunMs;
  const report = await runProbe(
    {
      ...PROBE_DEFAULTS,
      url: URL,
      connections: kind,
      ratePerSecond: askedPerSecond,
      forMs: SECONDS * 1000,
      poolSize: CONNECTIONS,
    },
    { onStart: () => void (readyMs = performance.now()) },
  );
  const tookSeconds = Math.max(SECONDS, (performance.now() - readyMs - 50) / 1000);
  return {
    kind,
    round,
    otherPerSecond,
    share,
    askedPerSecond,
    reachedPerSecond: Math.round(report.answered / tookSeconds),
    lost: report.lost.total,
    lagP99Us: report.proberLagUs.p99,
    latencyP99Us: report.latencyUs.p99,
    verdict: report.verdict,
  };
}

function ab(): number {
  const requests = String(5000 * SECONDS);
  const said = execFileSync('ab', ['-q', '-n', requests, '-c', String(CONNECTIONS), URL], QUIET);
  return rate(/Requests per second: +([\d.]+)/, said);
}

function wrk(): number {
  const argv = ['-t1', `-c${CONNECTIONS}`, `-d${SECONDS}s`, URL];
  return rate(/Requests\/sec: +([\d.]+)/, execFileSync('wrk', argv, QUIET));
}

function rate(pattern: RegExp, said: string): number {
  const found = pattern.exec(said);
  if (found === null) throw new Error(`no rate in: ${said}`);
  return Number(found[1]);
}

async function startHaproxy(): Promise<{ readonly stop: () => void }> {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-bench-'));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(file, configuration());
  const child: ChildProcess = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' });
  const stop = () => {
    child.kill('SIGTERM');
    rmSync(folder, { recursive: true });
  };
  const up = await waitFor(async () => ((await answers()) ? true : undefined), { timeoutMs: 5000 });
  if (up === undefined) {
    stop();
    throw new Error(`haproxy does not listen on ${PROXY_PORT}`);
  }
  return { stop };
}

function configuration(): string {
  return `global
  maxconn 5000
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend origin
  bind 127.0.0.1:${ORIGIN_PORT}
  http-request return status 200 content-type text/plain string "hello from the origin"
frontend proxy
  bind 127.0.0.1:${PROXY_PORT}
  default_backend origin
backend origin
  server one 127.0.0.1:${ORIGIN_PORT}
`;
}

function answers(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(PROXY_PORT, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
