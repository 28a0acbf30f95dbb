import type { Reach } from '../host.js';
import { reachHere } from './reach.js';

/** `reach-main.js JSON`: one look from inside another network namespace; prints what is wrong. */
const seen = await reachHere(JSON.parse(process.argv[2] ?? '{}') as Reach);
if (seen !== undefined) {
  process.stdout.write(`${seen}\n`);
  process.exitCode = 1;
}
