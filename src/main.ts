import { terminalIo } from './cli/io.js';
import { main } from './cli/main.js';

await main(process.argv.slice(2), terminalIo(process));
