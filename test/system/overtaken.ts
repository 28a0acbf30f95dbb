import assert from 'node:assert/strict';
import { waitFor } from '../../src/host/node/wait.js';
import type { LabNode } from '../../src/lab/node.js';
import { LIMIT_MS } from './support.js';

/**
 * From now on each SYN that the node sends is on the wire once more, right after the first packet
 * that follows it: as if it had been sent again and that packet had overtaken it. On machines with
 * several cores that happens when both ends send again at one moment. Other qdiscs than netem do
 * not reorder, and netem is not in every kernel; perl is in every Debian.
 */
export async function sendOvertakenSyns(node: LabNode, servers: readonly string[]): Promise<void> {
  const addresses = servers.map((url) => new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'));
  const argv = ['perl', '-e', AGAIN, 'eth0', ...addresses];
  const sender = await node.start(argv, { name: 'overtaken', stdio: 'pipe' });
  let said = '';
  for (const stream of [sender.stdout, sender.stderr]) {
    stream?.on('data', (data: Buffer) => {
      said += data.toString();
    });
  }
  const ready = await waitFor(async () => said.includes('ready') || undefined, {
    timeoutMs: LIMIT_MS,
  });
  assert.ok(ready, said);
}

/** packet(7); a socket does not see the frames that it sends itself. */
const AGAIN = `
use strict; use Socket qw(inet_pton AF_INET AF_INET6);
my ($interface, @servers) = @ARGV;
my %server = map { (/:/ ? inet_pton(AF_INET6, $_) : inet_pton(AF_INET, $_)) => 1 } @servers;
my ($AF_PACKET, $SOCK_RAW, $ALL) = (17, 3, unpack('S', pack('n', 3)));
socket(my $wire, $AF_PACKET, $SOCK_RAW, $ALL) or die "socket: $!";
ioctl($wire, 0x8933, my $request = pack('a16 x24', $interface)) or die "SIOCGIFINDEX: $!";
bind($wire, pack('S n i x12', $AF_PACKET, 3, unpack('x16 i', $request))) or die "bind: $!";
$| = 1; print "ready\\n";
my %syn;
while (defined recv($wire, my $frame, 4096, 0)) {
  my $type = unpack('x12 n', $frame);
  my ($to, $tcp);
  if ($type == 0x0800 && unpack('x23 C', $frame) == 6) {
    ($to, $tcp) = (substr($frame, 30, 4), 14 + 4 * (unpack('x14 C', $frame) & 15));
  } elsif ($type == 0x86dd && unpack('x20 C', $frame) == 6) {
    ($to, $tcp) = (substr($frame, 38, 16), 54);
  } else { next }
  next unless $server{$to};
  my ($port, $flags) = unpack("x$tcp n x11 C", $frame);
  if (($flags & 0x12) == 0x02) { $syn{$to . $port} = $frame }
  elsif (my $again = delete $syn{$to . $port}) { send($wire, $again, 0) }
}
`;
