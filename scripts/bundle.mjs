// One file a command instead of a hundred: reading modules was most of the time that a reload took.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { rolldown } from 'rolldown';

await bundleProgram();
await bundlePage();

async function bundleProgram() {
  const bundle = await rolldown({
    input: { main: 'dist/src/main.js' },
    platform: 'node',
    logLevel: 'warn',
    // hdr-histogram-js asks for zlib with it, in a part that is not used.
    checks: { eval: false },
  });
  await bundle.write({
    dir: 'dist/bundle',
    // Node reads CommonJS with fewer steps than ES modules: 10 ms of every start.
    format: 'cjs',
    minify: true,
    cleanDir: true,
    entryFileNames: '[name].cjs',
    chunkFileNames: '[name].cjs',
  });
  await bundle.close();
}

/** What goes into a page: the script with uPlot in it, and both style sheets. */
async function bundlePage() {
  const uplot = JSON.parse(await readFile('node_modules/uplot/package.json', 'utf8'));
  // Its licence asks for the notice in every copy.
  const notice = `/*! uPlot ${uplot.version}, (c) Leon Sorokin, MIT licence, https://github.com/leeoniya/uPlot */`;
  const bundle = await rolldown({
    input: 'src/report/browser/page.ts',
    platform: 'browser',
    logLevel: 'warn',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
  });
  await bundle.write({ file: 'dist/page/page.js', format: 'iife', minify: true, banner: notice });
  await bundle.close();
  await mkdir('dist/page', { recursive: true });
  const sheets = ['node_modules/uplot/dist/uPlot.min.css', 'src/report/browser/page.css'];
  const styles = await Promise.all(sheets.map((file) => readFile(file, 'utf8')));
  await writeFile('dist/page/page.css', [notice, ...styles].join('\n'));
}
