import assert from 'node:assert/strict';
import type { QuestionLab } from '../../src/lab/question-lab.js';
import type { LabProcess } from '../../src/lab/process.js';

/**
 * A client that leaves its end of a finished connection open, as pools do, and closes it when it
 * is told to; told again, it connects from the same port once more and says what it got.
 */
const CLIENT = `
const { connect } = require('node:net');
const [host, from, to] = process.argv.slice(1);
const options = { host, port: Number(to), localPort: Number(from), allowHalfOpen: true };
const first = connect(options, () => first.write('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n'));
first.resume().on('end', () => console.log('answered')).on('error', ({ code }) => console.log(code));
let told = 0;
process.stdin.on('data', () => {
  told += 1;
  if (told === 1) return first.end(() => setTimeout(() => console.log('closed'), 200));
  let text = '';
  const again = connect(options, () => again.end('GET / HTTP/1.0\\r\\n\\r\\n'));
  again.on('data', (data) => { text += data; }).on('error', ({ code }) => { text = code; });
  again.on('close', () => { console.log(text.split('\\r\\n')[0]); process.exit(0); });
});
`;

export interface PortAgain {
  /** Closes the finished connection. */
  readonly closeFirst: () => Promise<void>;
  /** Connects again from the same port: the status line, or the error's code. */
  readonly again: () => Promise<string>;
}

/** Its first connection has been answered and closed by the server, and not yet by itself. */
export async function portAgain(
  { client }: QuestionLab,
  host: string,
  localPort: number,
): Promise<PortAgain> {
  const argv = [process.execPath, '-e', CLIENT, host, String(localPort), '80'];
  const child: LabProcess = await client.start(argv, { name: 'client', stdio: 'pipe' });
  const lines = child.stdout?.[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const line: unknown = (await lines?.next())?.value;
    return String(line).trim();
  };
  const tell = (): void => {
    child.stdin?.write('\n');
  };
  assert.equal(await next(), 'answered');
  return {
    closeFirst: async () => {
      tell();
      assert.equal(await next(), 'closed');
    },
    again: async () => {
      tell();
      return await next();
    },
  };
}
