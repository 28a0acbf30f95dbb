import { failed, messageOf, refused } from '../error.js';
import type { Host } from '../host/host.js';
import { removeTorn } from '../host/torn.js';
import { decodeRecords, encodeRecord, type JournalRecord } from './record.js';

/** The durable record of one run: STATE/runs/ID/journal. */
export interface Journal {
  readonly runId: string;
  readonly write: (record: JournalRecord) => Promise<void>;
}

export function openJournal(host: Host, stateDir: string, runId: string): Journal {
  const path = journalPath(stateDir, runId);
  return {
    runId,
    write: async (record) => {
      try {
        await host.files.append(path, encodeRecord(record));
      } catch (cause) {
        throw refused(
          'journal-unwritable',
          `cannot write the journal ${path}: ${messageOf(cause)}`,
          {
            subject: path,
            hint: 'free some space, or name another folder with --state-dir',
            cause,
          },
        );
      }
    },
  };
}

/**
 * @throws HitlessError `journal-damaged` when a line other than the last does not fit its checksum
 */
export async function readJournal(
  host: Host,
  stateDir: string,
  runId: string,
): Promise<readonly JournalRecord[]> {
  const path = journalPath(stateDir, runId);
  const content = await host.files.read(path);
  const { records, damagedLine } = decodeRecords(content?.toString('utf8') ?? '');
  if (damagedLine !== undefined) {
    throw failed('journal-damaged', `${path}:${damagedLine}: the line does not fit its checksum`, {
      subject: `${path}:${damagedLine}`,
      hint: 'look at what the run left (hitless status), mend it by hand, then move the folder away',
    });
  }
  return records;
}

/**
 * Cuts off the torn end that a crash has left, so that the next record gets a line of its own.
 * Only for the holder of the run's lock.
 */
export async function mendJournal(host: Host, stateDir: string, runId: string): Promise<void> {
  const path = journalPath(stateDir, runId);
  await removeTorn(host, path);
  const content = await host.files.read(path);
  if (content === undefined) return;
  const whole = Buffer.from((await readJournal(host, stateDir, runId)).map(encodeRecord).join(''));
  if (!content.equals(whole)) await host.files.replace(path, whole);
}

function journalPath(stateDir: string, runId: string): string {
  return `${stateDir}/runs/${runId}/journal`;
}
