/** A configuration of `backends * 10` lines and a little more, as large installations have them. */
export function generateConfig(backends: number): string {
  const sections = Array.from({ length: backends }, (_, at) => backendText(at));
  return [HEAD, ...sections, frontendText(backends)].join('\n');
}

const HEAD = `# Generated: many backends of three servers each
global
    maxconn 20000
    hard-stop-after 30s

defaults
    mode http
    timeout connect 5s
    timeout client 50s
    timeout server 50s
    default-server inter 10s fall 3 rise 2
`;

/** Ten lines, the blank one included. */
function backendText(at: number): string {
  const [high, low] = [at >> 8, at & 255];
  return [
    `backend app${at}   # team ${at % 40}`,
    `    balance ${['leastconn', 'roundrobin', 'source', 'uri whole'][at % 4]}`,
    '    option httpchk GET /health',
    `    acl is_static path_beg "/static/${at}/" -i`,
    '    http-request set-header x-backend %[be_name] if is_static',
    `    timeout server ${30 + (at % 30)}s`,
    ...[1, 2, 3].map(
      (server) => `    server web${server} 10.${high}.${low}.${server}:8080 weight ${10 * server}`,
    ),
    '',
  ].join('\n');
}

function frontendText(backends: number): string {
  return [
    'frontend www',
    '    bind 127.0.0.1:18080',
    `    use_backend app1 if { hdr(host) -i app1.example }`,
    `    default_backend app${backends - 1}`,
    '',
  ].join('\n');
}
