import type { CommandModule } from './command.js';

interface Entry {
  readonly summary: string;
  /** Loaded on demand: start-up time counts at 3 a.m. */
  readonly load: () => Promise<CommandModule>;
}

export const COMMANDS: Readonly<Record<string, Entry>> = {
  demo: {
    summary: 'the original question in a lab: two Apaches, 1000 requests a second',
    load: async () => await import('./demo.js'),
  },
  reload: {
    summary: 'check, plan, hand over, confirm',
    load: async () => await import('./reload.js'),
  },
  plan: {
    summary: 'what differs from what runs: at run time or by a reload, and why',
    load: async () => await import('./plan.js'),
  },
  apply: {
    summary: 'have HAProxy run a new file or a saved plan: at run time, or by a reload',
    load: async () => await import('./apply.js'),
  },
  flip: {
    summary: 'start a second instance, prove it, lead new connections to it',
    load: async () => await import('./flip.js'),
  },
  rolling: {
    summary: 'reload several instances, one after another, while the rest serve',
    load: async () => await import('./rolling.js'),
  },
  set: {
    summary: 'change one value: in the running process if that can be, and in its file',
    load: async () => await import('./set.js'),
  },
  prove: {
    summary: 'put load on a URL while a reload command runs, and count every loss',
    load: async () => await import('./prove.js'),
  },
  compare: {
    summary: 'every way to reload under the same load, side by side, in labs',
    load: async () => await import('./compare.js'),
  },
  handoff: {
    summary: 'another node serves new connections while this one is restarted, or fails over',
    load: async () => await import('./handoff.js'),
  },
  doctor: {
    summary: 'what here makes reloads lose connections, state or memory',
    load: async () => await import('./doctor.js'),
  },
  status: {
    summary: 'what serves, what drains, and what it waits for',
    load: async () => await import('./status.js'),
  },
  completion: {
    summary: 'the completion script of a shell',
    load: async () => await import('./completion.js'),
  },
  recover: {
    summary: 'finish or undo what an interrupted run left',
    load: async () => await import('./recover.js'),
  },
};
