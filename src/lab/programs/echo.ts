import { createServer } from 'node:net';

/** `echo.js PORT`: sends back what it receives, and closes when the client has. For tunnels. */
const port = Number(process.argv[2]);

createServer({ allowHalfOpen: false }, (socket) => {
  // A client that goes away is the client's affair.
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}).listen({ port, host: '::', backlog: 4096 });
