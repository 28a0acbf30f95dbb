/**
 * Stands at the end of every name that one instance has for itself: its configuration, its unix
 * sockets, its pid file. Not `.hitless-N`, which is what a killed `files.replace` leaves, and what
 * is swept away.
 */
export function suffixOf(port: number): string {
  return `.flip-${port}`;
}

export const SUFFIX = /\.flip-\d+$/;

/** The user's own file of a generated one, and the name that others know of a socket. */
export function withoutSuffix(path: string): string {
  return path.replace(SUFFIX, '');
}
