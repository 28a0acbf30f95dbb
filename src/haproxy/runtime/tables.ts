/** Stick tables and peers, as the runtime API shows them (management.txt, 9.3). Pure. */
export interface StickTable {
  readonly name: string;
  /** Entries in it. */
  readonly used: number;
}

/** `show table` */
export function parseTables(text: string): readonly StickTable[] {
  return [...text.matchAll(/^# table: (.+), type: .*, size: ?\d+, used: ?(\d+)/gm)].map(
    (match) => ({
      name: match[1] ?? '',
      used: Number(match[2]),
    }),
  );
}

/** One `peers` section in use. */
export interface PeersSection {
  readonly name: string;
  /**
   * It still waits for what others may teach it, five to ten seconds after its start. Until then a
   * process that is told to finish teaches nobody (process_peer_sync in peers.c, 2.4 to 2.8).
   */
  readonly isLearning: boolean;
}

/** `PEERS_F_RESYNC_LOCAL | PEERS_F_RESYNC_REMOTE`: nothing more is to be learnt. */
const LEARNT = 0x3;

/** `show peers` */
export function parsePeers(text: string): readonly PeersSection[] {
  return [...text.matchAll(/^0x[0-9a-f]+: \[.*?\] id=(\S+) .*?flags=0x([0-9a-f]+)/gm)].map(
    (match) => ({
      name: match[1] ?? '',
      isLearning: (Number.parseInt(match[2] ?? '0', 16) & LEARNT) !== LEARNT,
    }),
  );
}
