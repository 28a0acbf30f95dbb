import { nginxInlined } from './includes.js';

/** What `nginx -T` and `nginx -V` print. Pure. */
export interface Dump {
  readonly files: readonly { readonly path: string; readonly text: string }[];
  /** The main file with every include in its place. */
  readonly text: string;
}

/** `# configuration file PATH:` before each file; a file that is included twice is there once. */
export function parseDump(output: string): Dump {
  const parts = output.split(/^# configuration file (.+):\n/m);
  const files: { path: string; text: string }[] = [];
  for (let at = 1; at + 1 < parts.length; at += 2) {
    files.push({ path: parts[at] ?? '', text: parts[at + 1] ?? '' });
  }
  const [main] = files;
  if (main === undefined) return { files, text: '' };
  const folder = main.path.slice(0, main.path.lastIndexOf('/'));
  const text = nginxInlined(main.text, (pattern) => {
    const matches = globPattern(pattern.startsWith('/') ? pattern : `${folder}/${pattern}`);
    return files.filter(({ path }) => matches.test(path)).sort(byPath);
  });
  return { files, text };
}

function byPath(a: { readonly path: string }, b: { readonly path: string }): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

/** glob(3), without hidden files and backslashes. */
export function globPattern(pattern: string): RegExp {
  const body = pattern.replace(/\[!|[.+^${}()|\\]|\*|\?/g, (char) => {
    if (char === '*') return '[^/]*';
    if (char === '?') return '[^/]';
    return char === '[!' ? '[^' : `\\${char}`;
  });
  return new RegExp(`^${body}$`);
}

export interface Build {
  readonly prefix: string;
  readonly errorLog: string;
}

export function parseBuild(output: string): Build {
  const value = (name: string): string | undefined =>
    new RegExp(` --${name}=(\\S+)`).exec(output)?.[1];
  return {
    prefix: value('prefix') ?? '/usr/local/nginx',
    errorLog: value('error-log-path') ?? 'logs/error.log',
  };
}
