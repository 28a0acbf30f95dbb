import { readFile, writeFile } from 'node:fs/promises';
import { waitFor } from '../../host/node/wait.js';
import { type QuestionLab, startQuestionLab } from '../../lab/question-lab.js';
import type { MethodName } from '../../methods/method.js';
import type { Connections } from '../../probe/options.js';
import { runHitless } from './run-hitless.js';
import { stallForAMoment } from './stalled.js';
import type { Said, Stage, StageOptions, Way } from './way.js';

const ALGORITHMS = ['leastconn', 'roundrobin'] as const;
const BACKEND = 'web';
const RELOAD_TIMEOUT_MS = 60_000;
const EVERY_KIND: readonly Connections[] = [
  ...(['new', 'keep-alive', 'long', 'tls', 'download', 'upload', 'mixed'] as const),
];

type ReloadOnce = (question: QuestionLab, algorithm: string, stalled: boolean) => Promise<Said>;

/** The question's own command: `haproxy -f FILE -D -p PIDFILE -sf $(cat PIDFILE)`. */
export const questionControl: Way = {
  control: true,
  connections: EVERY_KIND,
  start: async (options) => staged(await questionLabFor(options), controlReload),
};

/** `haproxy` stopped and started again, as people do it who know no other way. */
export const restartControl: Way = {
  control: true,
  start: async (options) => staged(await startQuestionLab(options), restart),
};

/** `hitless set balance`, by the method. */
export function byMethod(method: MethodName, more: Pick<Way, 'refusedFor' | 'unusable'> = {}): Way {
  return {
    ...more,
    control: false,
    connections: EVERY_KIND,
    start: async (options) =>
      staged(
        await questionLabFor(options),
        async (question, algorithm, stalled) =>
          await hitlessReload(question, algorithm, method, stalled),
      ),
  };
}

async function questionLabFor({ connections, signal }: StageOptions): Promise<QuestionLab> {
  return await startQuestionLab({
    ...(signal === undefined ? {} : { signal }),
    tls: connections === 'tls',
    tunnel: connections === 'long',
  });
}

/** Changes the balancing algorithm back and forth, each time by one more reload. */
function staged(question: QuestionLab, reload: ReloadOnce): Stage {
  const { lab, client, lb, urls, origins } = question;
  return {
    lab,
    client,
    proxy: lb,
    urls,
    otherUrls: {
      tls: ['https://10.77.0.1/', 'https://[fd77::1]/'],
      long: ['tcp://10.77.0.1:7', 'tcp://[fd77::1]:7'],
    },
    // Both Apaches' answers are right ones: which of them answers depends on the algorithm.
    references: origins.map((_, at) => `http://10.77.0.1${at + 1}/`),
    reload: async (turn, stalled) =>
      await reload(question, ALGORITHMS[turn % 2] ?? ALGORITHMS[0], stalled),
  };
}

/** The question's own command, with the edit that went before it. */
async function controlReload(
  { lb, haproxy, lab }: QuestionLab,
  algorithm: string,
  stalled: boolean,
): Promise<Said> {
  await writeAlgorithm(haproxy, algorithm);
  const old = (await readFile(haproxy.paths.pidFile, 'utf8')).trim();
  const argv = [...haproxy.argv, '-sf', old];
  const stalling = stalled ? stallForAMoment(lab, Number(old)) : undefined;
  const { code, stderr } = await lb.run(argv, { timeoutMs: RELOAD_TIMEOUT_MS });
  await stalling;
  return { ok: code === 0, said: stderr };
}

/** The edit by hand that goes before a reload by hand. */
async function writeAlgorithm(
  { paths: { config } }: QuestionLab['haproxy'],
  algorithm: string,
): Promise<void> {
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace(/^(\s*balance) .*$/m, `$1 ${algorithm}`));
}

/** As init scripts do: SIGTERM, the end of the process, start. */
async function restart(
  { lb, haproxy, lab }: QuestionLab,
  algorithm: string,
  stalled: boolean,
): Promise<Said> {
  await writeAlgorithm(haproxy, algorithm);
  const old = (await readFile(haproxy.paths.pidFile, 'utf8')).trim();
  const stalling = stalled ? stallForAMoment(lab, Number(old)) : undefined;
  await lb.run(['kill', '-TERM', old]);
  await stalling;
  const isGone = () =>
    lab.processes().some(({ pidInLab }) => pidInLab === Number(old)) ? undefined : true;
  const gone = await waitFor(isGone, { timeoutMs: RELOAD_TIMEOUT_MS });
  if (gone === undefined) return { ok: false, said: `pid ${old} does not end` };
  const { code, stderr } = await lb.run(haproxy.argv, { timeoutMs: RELOAD_TIMEOUT_MS });
  return { ok: code === 0, said: stderr };
}

async function hitlessReload(
  { lb, lab, haproxy }: QuestionLab,
  algorithm: string,
  method: string,
  stalled: boolean,
): Promise<Said> {
  const old = Number((await readFile(haproxy.paths.pidFile, 'utf8')).trim());
  const words = [
    ...['set', 'balance', BACKEND, algorithm, '--ndjson', '--allow-loss', '--method', method],
    ...['--pid-file', haproxy.paths.pidFile, '--state-dir', `${lb.dir}/hitless`],
  ];
  return await runHitless(lb, words, async (step) => {
    if (stalled && step === 'start') await stallForAMoment(lab, old);
  });
}
