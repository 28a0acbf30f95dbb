import { crc32 } from 'node:zlib';

/** Plain JSON values that a step learnt. */
type Values = Readonly<Record<string, unknown>>;

/** What a run writes down, in order. Each line is durable before the next thing happens. */
export type JournalRecord =
  | {
      readonly type: 'plan';
      readonly atMs: number;
      readonly bootId: string;
      readonly plan: unknown;
    }
  | { readonly type: 'begin'; readonly step: string; readonly before: Values }
  | {
      readonly type: 'done';
      readonly step: string;
      readonly after: Values;
      /** Absent in journals of earlier versions. */
      readonly atMs?: number;
    }
  | { readonly type: 'not-done'; readonly step: string; readonly why: string }
  | { readonly type: 'undone'; readonly step: string }
  | { readonly type: 'handed-over'; readonly atMs: number }
  | { readonly type: 'end'; readonly atMs: number; readonly result: EndResult };

export type EndResult = 'done' | 'put-back' | 'abandoned';

/** One line: CRC-32 of the JSON in eight hex digits, a space, the JSON. */
export function encodeRecord(record: JournalRecord): string {
  const json = JSON.stringify(record);
  return `${checksum(json)} ${json}\n`;
}

export interface Decoded {
  readonly records: readonly JournalRecord[];
  /** Line number (from 1) of a damaged line that is not the torn end of the file. */
  readonly damagedLine: number | undefined;
}

/** A torn last line is what a crash leaves: the effect after it has not begun. It is left out. */
export function decodeRecords(text: string): Decoded {
  const lines = text.split('\n');
  const torn = lines.pop() ?? '';
  const records: JournalRecord[] = [];
  for (const [at, line] of lines.entries()) {
    const json = line.slice(9);
    if (line.slice(0, 9) !== `${checksum(json)} `) {
      const isLast = at === lines.length - 1 && torn === '';
      return { records, damagedLine: isLast ? undefined : at + 1 };
    }
    records.push(JSON.parse(json) as JournalRecord);
  }
  return { records, damagedLine: undefined };
}

function checksum(text: string): string {
  return crc32(text).toString(16).padStart(8, '0');
}
