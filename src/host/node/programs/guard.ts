/** A guard (host.ts): waits for the end of a process or of a time, and carries commands out. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { parseStat } from '../../proc.js';
import type { GuardOrder } from '../guard.js';

const LOOK_EVERY_MS = 20;
const TRIES = 5;
const RETRY_MS = 200;
const COMMAND_TIMEOUT_MS = 2_000;

const order = JSON.parse(process.argv[2] ?? '') as GuardOrder;
let untilMs = performance.now() + order.afterMs;
process.on('SIGUSR1', () => {
  untilMs = performance.now() + order.afterMs;
});
// Ctrl-C and a closed terminal are meant for hitless; its end is what is waited for.
for (const signal of ['SIGHUP', 'SIGINT'] as const) process.on(signal, () => undefined);
const timer = setInterval(() => {
  if (isAlive() && performance.now() < untilMs) return;
  clearInterval(timer);
  void carryOut();
}, LOOK_EVERY_MS);
// Whoever reads this may have gone: then there is all the more to do.
process.stdout.on('error', () => undefined);
process.stdout.write('on watch\n');

function isAlive(): boolean {
  try {
    const { state, startTicks } = parseStat(
      readFileSync(`/proc/${order.watches.pid}/stat`, 'utf8'),
    );
    return startTicks === order.watches.startTicks && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

async function carryOut(): Promise<void> {
  for (const argv of order.commands) {
    for (let turn = 0; turn < TRIES && !succeeds(argv); turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

function succeeds([file = '', ...args]: readonly string[]): boolean {
  return spawnSync(file, args, { stdio: 'ignore', timeout: COMMAND_TIMEOUT_MS }).status === 0;
}
