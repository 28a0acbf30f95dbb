/** Maps and ACLs that HAProxy has loaded, as its runtime API shows them (management.txt, 9.3). Pure. */
export interface Entry {
  /** `0x55b33b457ab0`: names this one entry among several with the same key. */
  readonly reference: string;
  readonly key: string;
  /** Empty for an ACL. */
  readonly value: string;
}

/** One line of `show map` or `show acl` without argument. */
export interface LoadedFile {
  readonly id: number;
  /** The name by which commands know it; empty for patterns written in the configuration itself. */
  readonly file: string;
  /** Versions between the two were prepared and not committed (2.4 and newer). */
  readonly currentVersion: number;
  readonly nextVersion: number;
  readonly entries: number;
}

/** `show map FILE`: a reference, the key (one word), the value (the rest of the line). */
export function parseShowMap(text: string): readonly Entry[] {
  return linesOf(text).map(({ reference, rest }) => {
    const end = rest.indexOf(' ');
    if (end < 0) return { reference, key: rest, value: '' };
    return { reference, key: rest.slice(0, end), value: rest.slice(end + 1) };
  });
}

/** `show acl FILE`: a reference and the pattern, which may hold spaces. */
export function parseShowAcl(text: string): readonly Entry[] {
  return linesOf(text).map(({ reference, rest }) => ({ reference, key: rest, value: '' }));
}

/** `show map`, `show acl`: what is loaded. */
export function listFiles(text: string): readonly LoadedFile[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(\d+) \((.*?)\) /.exec(line);
    if (match === null) return [];
    const number = (name: string): number =>
      Number(new RegExp(`\\b${name}=(\\d+)`).exec(line)?.[1] ?? 0);
    return [
      {
        id: Number(match[1]),
        file: match[2] ?? '',
        currentVersion: number('curr_ver'),
        nextVersion: number('next_ver'),
        entries: number('entry_cnt'),
      },
    ];
  });
}

function linesOf(text: string): readonly { readonly reference: string; readonly rest: string }[] {
  return text.split('\n').flatMap((line) => {
    const match = /^(0x[0-9a-f]+) (.*)$/.exec(line);
    return match === null ? [] : [{ reference: match[1] ?? '', rest: match[2] ?? '' }];
  });
}
