import { createSocket } from 'node:dgram';
import { createWriteStream } from 'node:fs';

/**
 * `log-sink.js PORT FILE`: appends each datagram to FILE as a line. UDP, since node has no unix
 * datagram sockets; what the kernel drops for want of room it counts in /proc/net/snmp.
 */
const [, , port, path = ''] = process.argv;
const RECEIVE_BUFFER_BYTES = 8 * 1024 * 1024;

const file = createWriteStream(path, { flags: 'a' });
const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
socket.on('message', (message) => {
  file.write(message.at(-1) === 0x0a ? message : Buffer.concat([message, Buffer.from('\n')]));
});
socket.bind(Number(port), '127.0.0.1');
