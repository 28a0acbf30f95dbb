import { Command } from 'commander';
import type { Io } from './command.js';
export function build(_io: Io): Command {
  return new Command('demo');
}
