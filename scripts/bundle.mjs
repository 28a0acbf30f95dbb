// One file a command instead of a hundred: reading modules was most of the time that a reload took.
import { rolldown } from 'rolldown';

const bundle = await rolldown({
  input: { main: 'dist/src/main.js' },
  platform: 'node',
  logLevel: 'warn',
  // hdr-histogram-js asks for zlib with it, in a part that is not used.
  checks: { eval: false },
});
await bundle.write({
  dir: 'dist/bundle',
  format: 'esm',
  minify: true,
  cleanDir: true,
  entryFileNames: '[name].js',
  chunkFileNames: '[name].js',
});
await bundle.close();
