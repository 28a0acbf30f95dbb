import { readFile } from 'node:fs/promises';
import { hitlessArgv } from '../src/entry-points.js';
import { waitFor } from '../src/host/node/wait.js';
import type { HaproxySpec } from '../src/lab/haproxy-config.js';
import { startQuestionLab, type QuestionLab } from '../src/lab/question-lab.js';
import { median, ratioFinding, type Finding } from './result.js';
import { timed } from './startup.js';

const ROUNDS = 11;
const LIMIT = 1.3;
const BIG_BACKENDS = 2000;

/**
 * A reload by hitless, from command to confirmed, against HAProxy's bare one; turn by turn. Beside
 * it the smallest Node program that makes the bare reload: no program on Node can be faster.
 */
export async function benchReload(): Promise<readonly Finding[]> {
  return [
    ...(await compare('one backend', (spec) => spec)),
    ...(await compare(`${BIG_BACKENDS} backends`, withManyBackends)),
  ];
}

async function compare(
  what: string,
  adapt: (spec: HaproxySpec) => HaproxySpec,
): Promise<readonly Finding[]> {
  const question = await startQuestionLab({ adapt });
  try {
    const bare: number[] = [];
    const ours: number[] = [];
    const node: number[] = [];
    const smallest: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      bare.push(await bareReload(question));
      node.push(await timed([process.execPath, '-e', '0']));
      smallest.push(await smallestReload(question));
      ours.push(await hitlessReload(question));
    }
    const [bareMs, nodeMs] = [median(bare), median(node)];
    const finding = (name: string, ms: number): Finding => {
      const net = ms - nodeMs;
      const detail = `${net.toFixed(0)} ms and Node's start ${nodeMs.toFixed(0)} ms; bare ${bareMs.toFixed(0)} ms`;
      return ratioFinding(`${name}, ${what}`, net / bareMs, LIMIT, detail);
    };
    const floor = finding('the bare reload out of Node', median(smallest));
    return [
      finding('hitless reload', median(ours)),
      { ...floor, limit: 'for comparison', met: true },
    ];
  } finally {
    await question.lab.close();
  }
}

function withManyBackends(spec: HaproxySpec): HaproxySpec {
  const sections = Array.from({ length: BIG_BACKENDS }, (_, at) =>
    [
      `backend more${at}`,
      '    balance leastconn',
      '    option httpchk GET /health',
      `    acl is_static path_beg /static/${at}`,
      '    http-request set-header x-backend %[be_name] if is_static',
      ...[1, 2, 3].map((server) => `    server s${server} 10.77.0.1${server % 2 ? 1 : 2}:80`),
    ].join('\n'),
  );
  return { ...spec, sections };
}

/** `haproxy -x SOCKET -sf OLD`, and until the new pid answers. Returns ms. */
async function bareReload({ lb, haproxy }: QuestionLab): Promise<number> {
  const { pidFile, statsSocket } = haproxy.paths;
  const old = (await readFile(pidFile, 'utf8')).trim();
  const started = performance.now();
  const { code, stderr } = await lb.run([...haproxy.argv, '-x', statsSocket, '-sf', old]);
  if (code !== 0) throw new Error(`bare reload: ${stderr}`);
  const wanted = Number((await readFile(pidFile, 'utf8')).trim());
  const answered = await waitFor(
    async () => ((await haproxy.workerPid()) === wanted ? true : undefined),
    { timeoutMs: 10_000, intervalMs: 0 },
  );
  if (answered === undefined) throw new Error('the new process did not answer');
  const tookMs = performance.now() - started;
  await untilAlone({ lb, haproxy }, old);
  return tookMs;
}

/** Spawns the bare reload and asks until the new pid answers; nothing is planned or confirmed. */
const SMALLEST = `
const [socket, old, ...argv] = process.argv.slice(1);
const { spawn } = require('node:child_process');
const { connect } = require('node:net');
const ask = () => {
  let text = '';
  connect(socket, function () { this.write('show info\\n'); })
    .on('data', (chunk) => { text += chunk; })
    .on('close', () => { if (text.includes('Pid: ' + old + '\\n')) ask(); });
};
spawn(argv[0], argv.slice(1), { stdio: 'ignore' }).on('close', ask);
`;

async function smallestReload({ lb, haproxy }: QuestionLab): Promise<number> {
  const { pidFile, statsSocket } = haproxy.paths;
  const old = (await readFile(pidFile, 'utf8')).trim();
  const bare = [...haproxy.argv, '-x', statsSocket, '-sf', old];
  const started = performance.now();
  const { code, stderr } = await lb.run([
    ...[process.execPath, '-e', SMALLEST, '--', statsSocket, old],
    ...bare,
  ]);
  const tookMs = performance.now() - started;
  if (code !== 0) throw new Error(`the bare reload out of Node: ${stderr}`);
  await untilAlone({ lb, haproxy }, old);
  return tookMs;
}

async function hitlessReload({ lb, haproxy }: QuestionLab): Promise<number> {
  const old = (await readFile(haproxy.paths.pidFile, 'utf8')).trim();
  const argv = hitlessArgv(
    ...['reload', '--method', 'fd-pass', '--allow-loss', '--pid-file', haproxy.paths.pidFile],
    ...['--state-dir', `${lb.dir}/hitless`, '--json'],
  );
  const started = performance.now();
  const { code, stderr } = await lb.run(argv);
  const tookMs = performance.now() - started;
  if (code !== 0) throw new Error(`hitless reload: ${stderr}`);
  await untilAlone({ lb, haproxy }, old);
  return tookMs;
}

/** The next round begins with one generation. */
async function untilAlone({ lb }: Pick<QuestionLab, 'lb' | 'haproxy'>, old: string): Promise<void> {
  const gone = await waitFor(
    async () => ((await lb.run(['test', '-d', `/proc/${old}`])).code === 0 ? undefined : true),
    { timeoutMs: 20_000, intervalMs: 50 },
  );
  if (gone === undefined) throw new Error(`pid ${old} has not ended`);
}
