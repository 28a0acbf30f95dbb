import { readFile, writeFile } from 'node:fs/promises';
import { waitFor } from '../../host/node/wait.js';
import type { LabNode } from '../../lab/node.js';
import { type QuestionLab, startQuestionLab } from '../../lab/question-lab.js';
import { runHitless } from './run-hitless.js';
import { stallForAMoment } from './stalled.js';
import type { Said, Stage, Way } from './way.js';

const TIMEOUT_MS = 60_000;

/** `hitless flip` of the question's HAProxy. */
export const flipWay: Way = {
  control: false,
  start: async (options) => staged(await startQuestionLab(options), flipOnce),
};

/**
 * The same by hand, as it is often done: the next instance on another port, the map changed, and
 * the old instance told to finish at once.
 */
export const hastyFlip: Way = {
  control: true,
  start: async (options) => staged(await startQuestionLab(options), hastyOnce),
};

type FlipOnce = (question: QuestionLab, turn: number, stalled: boolean) => Promise<Said>;

function staged(question: QuestionLab, flip: FlipOnce): Stage {
  const { lab, client, lb, urls, origins, haproxy } = question;
  return {
    lab,
    client,
    proxy: lb,
    urls,
    references: origins.map((_, at) => `http://10.77.0.1${at + 1}/`),
    reload: async (turn, stalled) => {
      const text = await readFile(haproxy.paths.config, 'utf8');
      const algorithm = turn % 2 === 0 ? 'leastconn' : 'roundrobin';
      const changed = text.replace(/^(\s*balance) .*$/m, `$1 ${algorithm}`);
      await writeFile(haproxy.paths.config, changed);
      return await flip(question, turn, stalled);
    },
  };
}

async function flipOnce(question: QuestionLab, _: number, stalled: boolean): Promise<Said> {
  const { lb, lab, haproxy } = question;
  const old = newestHaproxy(question);
  const words = [
    ...['flip', '--service', 'haproxy', '-f', haproxy.paths.config, '--health', 'http:///'],
    ...['--ndjson', '--drain-timeout', '2s', '--state-dir', `${lb.dir}/hitless`],
  ];
  return await runHitless(lb, words, async (step) => {
    if (stalled && step === 'start') await stallForAMoment(lab, old);
  });
}

/** Pid, as the lab counts. */
function newestHaproxy({ lab }: QuestionLab): number {
  const all = lab.processes().filter(({ argv }) => argv[0]?.endsWith('haproxy') === true);
  return Math.max(0, ...all.map(({ pidInLab }) => pidInLab));
}

const FIRST_PORT = 9001;
const TABLE = `
add table inet by_hand
add map inet by_hand ports { type inet_service : inet_service; }
add chain inet by_hand pre { type nat hook prerouting priority dstnat; }
add rule inet by_hand pre tcp flags & (fin|syn|rst|ack) == syn redirect to :tcp dport map @ports`;

async function hastyOnce(question: QuestionLab, turn: number, stalled: boolean): Promise<Said> {
  const { lb, lab, haproxy } = question;
  const port = FIRST_PORT + turn;
  const config = `${haproxy.paths.config}.${port}`;
  const text = await readFile(haproxy.paths.config, 'utf8');
  await writeFile(config, withPort(text, port));
  const old = newestHaproxy(question);
  const { code, stderr } = await lb.run(['haproxy', '-D', '-f', config], { timeoutMs: TIMEOUT_MS });
  const stalling = stalled ? stallForAMoment(lab, old) : undefined;
  if (stalled) await someWait(lb, turn === 0 ? 80 : port - 1);
  const replace = turn === 0 ? TABLE : `\ndelete element inet by_hand ports { 80 }`;
  await lb.must(['nft', `${replace}\nadd element inet by_hand ports { 80 : ${port} }`]);
  await lb.run(['kill', '-USR1', String(old)]);
  await stalling;
  return { ok: code === 0, said: stderr };
}

function withPort(text: string, port: number): string {
  return text
    .replaceAll(/^(\s*bind .*?):80\b/gm, `$1:${port}`)
    .replace(/^(\s*stats socket \S+)/m, `$1.${port}`);
}

const WAIT_MS = 200;

/** Connections wait in the queue of the stalled process before the switch, as they would in life. */
async function someWait(lb: LabNode, port: number): Promise<void> {
  await waitFor(
    async () => {
      const text = await lb.must(['ss', '-H', '-l', '-t', '-n', `sport = :${port}`]);
      const queues = text
        .trim()
        .split('\n')
        .map((line) => Number(line.split(/\s+/)[1]));
      return queues.some((count) => count > 0) ? true : undefined;
    },
    { timeoutMs: WAIT_MS },
  );
}
