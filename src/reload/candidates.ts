import type { Host, ProcessId } from '../host/host.js';
import { removeTorn } from '../host/torn.js';

/**
 * Candidate files stand beside the user's configuration while HAProxy checks them. Each is noted
 * as STATE/candidates/PID-N before it is written: one that a killed hitless has left is found again.
 */
interface Note extends ProcessId {
  readonly path: string;
}

export interface Candidates {
  readonly note: (path: string) => Promise<void>;
  readonly forget: () => Promise<void>;
}

export function candidatesOf(host: Host, stateDir: string): Candidates {
  const notes: string[] = [];
  return {
    note: async (path) => {
      const name = `${folder(stateDir)}/${host.self.pid}-${notes.length}`;
      notes.push(name);
      const note: Note = { ...host.self, path };
      await host.files.replace(name, Buffer.from(JSON.stringify(note)));
    },
    forget: async () => {
      for (const name of notes) await host.files.remove(name);
    },
  };
}
