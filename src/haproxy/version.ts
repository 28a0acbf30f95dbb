/** Major, minor, patch: `2.6.12`. */
export type Release = readonly [major: number, minor: number, patch: number];

/** What `haproxy -v` says of itself. */
export interface Version {
  /** As printed: `2.6.12-1+deb12u4`, `3.5-dev5-abc`. */
  readonly text: string;
  /** A development version counts as patch 0. */
  readonly release: Release;
}

/** `HAProxy version 2.6.12-1+deb12u4 2026/10/17 - https://haproxy.org/`; `HA-Proxy` before 2.4. */
export function parseVersion(output: string): Version | undefined {
  const [, text] = /^HA-?Proxy version (\S+)/m.exec(output) ?? [];
  const [, major, minor, patch] = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text ?? '') ?? [];
  if (text === undefined || major === undefined) return undefined;
  return { text, release: [Number(major), Number(minor), Number(patch ?? 0)] };
}

export function isBefore({ release }: Version, other: Release): boolean {
  const at = release.findIndex((part, index) => part !== other[index]);
  return at !== -1 && (release[at] ?? 0) < (other[at] ?? 0);
}

/** @param text as printed: `3.5-dev5` is 3.5 */
export function isAtLeast(text: string, [major, minor]: readonly [number, number]): boolean {
  const [, ownMajor = 0, ownMinor = 0] = (/^(\d+)\.(\d+)/.exec(text) ?? []).map(Number);
  return ownMajor > major || (ownMajor === major && ownMinor >= minor);
}
