import type { CommandModule } from './command.js';

interface Entry {
  readonly summary: string;
  /** Loaded on demand: start-up time counts at 3 a.m. */
  readonly load: () => Promise<CommandModule>;
}

export const COMMANDS: Readonly<Record<string, Entry>> = {};
