import type { Host, ProcessId } from '../host/host.js';
import { removeTorn } from '../host/torn.js';

/**
 * Candidates stand beside the user's configuration while HAProxy checks them. Each is noted in
 * STATE/candidates before it is written, so that one left by a killed hitless is found again.
 */
interface Note extends ProcessId {
  readonly path: string;
}

/** @returns the name of the note, to be removed after the candidate */
export async function noteCandidate(host: Host, stateDir: string, path: string): Promise<string> {
  const { pid } = host.self;
  const taken = await host.files.list(folderOf(stateDir));
  const name = `${folderOf(stateDir)}/${pid}-${taken.length}`;
  const note: Note = { ...host.self, path };
  await host.files.append(name, JSON.stringify(note));
  return name;
}

/** Removes the candidates of processes that are gone. */
export async function removeLeftCandidates(host: Host, stateDir: string): Promise<void> {
  for (const name of await host.files.list(folderOf(stateDir))) {
    const noted = `${folderOf(stateDir)}/${name}`;
    const note = parseNote((await host.files.read(noted))?.toString('utf8'));
    if (note !== undefined) {
      if (await host.processes.isAlive(note)) continue;
      await removeTorn(host, note.path);
      await host.files.remove(note.path);
    }
    await host.files.remove(noted);
  }
}

/** Undefined for a note cut off by a crash: its candidate was not written yet. */
function parseNote(text: string | undefined): Note | undefined {
  try {
    return text === undefined ? undefined : (JSON.parse(text) as Note);
  } catch {
    return undefined;
  }
}

function folderOf(stateDir: string): string {
  return `${stateDir}/candidates`;
}
