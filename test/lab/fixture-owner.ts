/**
 * Run by death.test.ts: has a lab until it is told to end. `hold` knows nothing of signals;
 * `polite` closes the lab on Ctrl-C, as the CLI does. Without a word it is a mistaken test: it ends.
 */
import { startQuestionLab } from '../../src/lab/question-lab.js';

if (process.argv[2] === undefined) process.exit(0);
const polite = process.argv[2] === 'polite';
const stopped = new AbortController();
if (polite) process.once('SIGINT', () => stopped.abort());

const { lab, lb } = await startQuestionLab({ signal: stopped.signal });
const sleeper = await lb.start(['sleep', '1000'], { name: 'sleeper' });
process.stdout.write(`${JSON.stringify({ dir: lab.dir, pid: sleeper.pid })}\n`);
if (polite) {
  await new Promise((resolve) => stopped.signal.addEventListener('abort', resolve));
  await lab.close();
}
