import { connect } from 'node:net';
import type { RuntimeChange } from '../src/haproxy/runtime/change.js';
import { commandsFor } from '../src/haproxy/runtime/commands.js';
import { makeChanges } from '../src/haproxy/runtime/make-changes.js';
import { nodeHost } from '../src/host/node/index.js';
import { startQuestionLab, type QuestionLab } from '../src/lab/question-lab.js';
import { median, ratioFinding, type Finding } from './result.js';

const BACKENDS = 10;
const SERVERS = 100;
const ROUNDS = 7;
const LIMIT = 3;

/**
 * A thousand weights, set and read back, beside a small script that asks for the same on one
 * connection, one command after the other, and does not look whether it is so.
 */
export async function benchRuntime(): Promise<readonly Finding[]> {
  const question = await startQuestionLab({
    adapt: (spec) => ({
      ...spec,
      backends: [
        ...spec.backends,
        ...Array.from({ length: BACKENDS }, (_one, backend) => ({
          name: `b${backend}`,
          servers: Array.from({ length: SERVERS }, (_two, at) => ({
            name: `s${at}`,
            address: `127.0.0.1:${9000 + at}`,
            options: 'weight 1',
          })),
        })),
      ],
    }),
  });
  try {
    return [await weightsFinding(question)];
  } finally {
    await question.lab.close();
  }
}

async function weightsFinding({ haproxy }: QuestionLab): Promise<Finding> {
  const { statsSocket } = haproxy.paths;
  const host = nodeHost();
  const patience = { timeoutMs: 10_000, clock: host.clock };
  const connection = await host.sockets.connect(statsSocket, 5_000);
  const ours: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    const [one, other] = [weights(2 + 2 * round), weights(3 + 2 * round)];
    const first = await timeMs(async () => await makeChanges(connection, one, patience));
    const second = await timeMs(
      async () => await askOneByOne(statsSocket, other.flatMap(commandsFor)),
    );
    // The first round warms up.
    if (round === 0) continue;
    ours.push(first);
    bare.push(second);
  }
  connection.close();
  const [apply, script] = [median(ours), median(bare)];
  return ratioFinding(
    `${BACKENDS * SERVERS} weights at run time, against the bare socket`,
    apply / script,
    LIMIT,
    `${apply.toFixed(0)} ms with reading back, ${script.toFixed(0)} ms without`,
  );
}

function weights(weight: number): readonly RuntimeChange[] {
  return Array.from({ length: BACKENDS * SERVERS }, (_one, at) => ({
    kind: 'server',
    server: { backend: `b${Math.floor(at / SERVERS)}`, server: `s${at % SERVERS}` },
    attribute: 'weight',
    before: '',
    after: String(weight),
  }));
}

async function timeMs(act: () => Promise<void>): Promise<number> {
  const from = performance.now();
  await act();
  return performance.now() - from;
}

/** What a small script does: write a line, wait for the prompt, write the next. */
async function askOneByOne(path: string, commands: readonly string[]): Promise<void> {
  const socket = connect(path);
  let text = '';
  let answered = (): void => undefined;
  socket.on('data', (chunk) => {
    text = `${text}${chunk.toString()}`;
    if (text.endsWith('\n> ')) answered();
  });
  for (const command of ['prompt', ...commands]) {
    text = '';
    await new Promise<void>((resolve) => {
      answered = resolve;
      socket.write(`${command}\n`);
    });
  }
  socket.destroy();
}
