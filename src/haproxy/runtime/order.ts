import type { RuntimeChange } from './change.js';

/**
 * The order in which changes lose nothing, whatever order they come in: what is taken out of use
 * first, then settings, then what comes into use, deleting last. An address is never changed under
 * a server that is about to be drained, and nothing is used before it is complete.
 */
export function inOrder(changes: readonly RuntimeChange[]): readonly RuntimeChange[] {
  const ranked = changes.map((change, at) => ({ change, rank: rankOf(change), at }));
  ranked.sort((a, b) => a.rank - b.rank || a.at - b.at);
  return ranked.map(({ change }) => change);
}

function rankOf(change: RuntimeChange): number {
  switch (change.kind) {
    case 'server':
      if (change.attribute === 'state') return change.after === 'ready' ? RANK.use : RANK.drain;
      // A check that is off takes no other address or port.
      if (change.attribute === 'check' || change.attribute === 'agent-check') {
        return change.after === 'on' ? RANK.check : RANK.noCheck;
      }
      return change.attribute === 'weight' || change.attribute === 'maxconn'
        ? RANK.load
        : RANK.settings;
    case 'certificate':
    case 'ca-file':
    case 'crl-file':
    case 'crt-list':
      return RANK.settings;
    case 'loaded-certificate':
      // Before the first entry that names it, after the last.
      return change.after === null ? RANK.delete : RANK.settings;
    case 'frontend-maxconn':
    case 'global':
      return RANK.load;
    case 'server-add':
      return RANK.add;
    case 'map-entry':
    case 'acl-entry':
      // They may lead to a server that was added, or away from one that will be deleted.
      return RANK.entries;
    case 'server-delete':
      return RANK.delete;
  }
}

const RANK = {
  drain: 0,
  check: 1,
  settings: 2,
  noCheck: 3,
  load: 4,
  add: 5,
  use: 6,
  entries: 7,
  delete: 8,
} as const;
