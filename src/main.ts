import { terminalIo } from './cli/io.js';
import { main } from './cli/main.js';

void main(process.argv.slice(2), terminalIo(process));
