import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, printText } from '../../../src/haproxy/config/document.js';
import { listeningPorts, standbyDocuments } from '../../../src/haproxy/config/standby.js';

const TEXT = `# a comment : bind :80
global
\tstats socket /run/stats.sock mode 600 level admin # :80
\tstats socket ipv4@127.0.0.1:9999 level user
    pidfile /run/haproxy.pid
frontend www
    bind :80,10.0.0.1:8080   name x   # kept
    bind "[::]:443" v6only ssl crt /etc/x:80.pem
    http-request return string "see :80"
backend web
    server a 10.0.0.2:80
`;

const PORTS = new Map([
  [80, 18_000],
  [8080, 18_001],
  [443, 18_002],
  [9999, 18_003],
]);

function documentOf(text: string) {
  return parse('/a.cfg', Buffer.from(text));
}

test('only the ports of listeners and the names of the process change, every other byte stays', () => {
  const { documents, sockets, pidFile } = standbyDocuments([documentOf(TEXT)], PORTS, '.flip-1');
  const wanted = TEXT.replace('bind :80,10.0.0.1:8080', 'bind :18000,10.0.0.1:18001')
    .replace('"[::]:443"', '[::]:18002')
    .replace('127.0.0.1:9999', '127.0.0.1:18003')
    .replace('/run/stats.sock', '/run/stats.sock.flip-1')
    .replace('/run/haproxy.pid', '/run/haproxy.pid.flip-1');
  assert.equal(documents.map(printText).join(''), wanted);
  assert.deepEqual(sockets, [{ from: '/run/stats.sock', to: '/run/stats.sock.flip-1' }]);
  assert.equal(pidFile, '/run/haproxy.pid');
});

test('every port on which the process listens is known', () => {
  assert.deepEqual(listeningPorts([documentOf(TEXT)]), [9999, 80, 8080, 443]);
});

for (const [bind, why] of [
  ['/run/web.sock', /unix socket/],
  [':80-82', /range of ports/],
  [':"${PORT}"', /holds a variable/],
  ['quic4@:443', /only TCP/],
  ['fd@3', /known at start only/],
  ['example.org:80', /known at start only/],
] as const) {
  test(`bind ${bind} is refused with its place, for it cannot be led elsewhere`, () => {
    const document = documentOf(`frontend www\n  bind ${bind}\n`);
    assert.throws(
      () => standbyDocuments([document], PORTS, '.flip-1'),
      (error: Error) => error.message.startsWith('/a.cfg:2: ') && why.test(error.message),
    );
  });
}
