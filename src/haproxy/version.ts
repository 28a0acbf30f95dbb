/** The version as numbers, from `haproxy -v` or `show info`; undefined when it isn't there. */
export interface Version {
  readonly major: number;
  readonly minor: number;
  readonly text: string;
}

export function parseVersion(text: string): Version | undefined {
  const match = /(\d+)\.(\d+)[-.\w+~]*/.exec(text);
  if (match === null) return undefined;
  return { major: Number(match[1]), minor: Number(match[2]), text: match[0] };
}

export function isAtLeast(version: Version, major: number, minor: number): boolean {
  return version.major > major || (version.major === major && version.minor >= minor);
}
