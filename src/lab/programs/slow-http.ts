import { createServer } from 'node:http';

/** `slow-http.js PORT`: answers `/?ms=N` after N milliseconds. For requests that span a reload. */
const port = Number(process.argv[2]);

const server = createServer((request, response) => {
  const ms = Number(new URL(request.url ?? '/', 'http://lab').searchParams.get('ms') ?? 0);
  setTimeout(() => response.end(`answered after ${ms} ms\n`), ms);
});
// HAProxy keeps connections; the origin must not be the one that closes them.
server.keepAliveTimeout = 0;
server.listen({ port, host: '::', backlog: 4096 });
