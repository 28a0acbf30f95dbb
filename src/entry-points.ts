/**
 * Files that are started as programs or threads of their own. They are run as compiled, whether
 * the caller itself runs as compiled or out of the bundle.
 */
const COMPILED = new URL('src/', distribution(import.meta.url));

/** The command line of this very hitless, for a process of its own. */
export function hitlessArgv(...words: readonly string[]): readonly string[] {
  return [
    process.execPath,
    pathOf(new URL('bundle/main.cjs', distribution(import.meta.url))),
    ...words,
  ];
}

/** A part of pages that the build puts together, from src/report/browser/. */
export function pageAsset(name: 'page.js' | 'page.css'): URL {
  return new URL(`page/${name}`, distribution(import.meta.url));
}

/** `path` as under src/, with the ending `.js`. */
export function entryPoint(path: string): URL {
  return new URL(path, COMPILED);
}

/** The folder `dist/` that this file is in, at whatever depth. */
function distribution(url: string): string {
  return url.slice(0, url.lastIndexOf('/dist/') + '/dist/'.length);
}

function pathOf(url: URL): string {
  return decodeURIComponent(url.pathname);
}
