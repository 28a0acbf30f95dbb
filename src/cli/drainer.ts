import { spawn } from 'node:child_process';
import { hitlessArgv } from '../entry-points.js';

/** The same run, taken up by a process of its own: recovery and draining are one thing. */
export async function spawnDrainer(runId: string, stateDir: string): Promise<void> {
  const [program = '', ...words] = hitlessArgv('recover', '--run', runId, '--state-dir', stateDir);
  const child = spawn(program, words, { detached: true, stdio: 'ignore', cwd: '/' });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve).once('error', reject);
  });
  child.unref();
}
