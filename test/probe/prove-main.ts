import { build } from '../../src/cli/prove.js';
import { EXIT, HitlessError } from '../../src/error.js';

/** `hitless prove` as its own process, with nothing of the main program around it. */
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
try {
  const command = build({
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    interactive: false,
    colour: { stdout: false, stderr: false },
    columns: 80,
    signal: interrupt.signal,
    exit: (code) => {
      process.exitCode = code;
    },
  });
  await command.parseAsync(process.argv.slice(2), { from: 'user' });
} catch (error) {
  if (!(error instanceof HitlessError)) throw error;
  process.stderr.write(`hitless: ${error.message}\n${error.hint ?? ''}\n`);
  process.exitCode = error.exitCode ?? EXIT.failed;
}
