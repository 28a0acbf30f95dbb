import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { parseText, print, printText } from '../../../src/haproxy/config/document.js';
import { setBalance } from '../../../src/haproxy/config/edit.js';
import { lexLine } from '../../../src/haproxy/config/lexer.js';

/** The parser and the edits against the HAProxy that is installed. */
const version = spawnSync('haproxy', ['-v'], { encoding: 'latin1' });
const skip = version.status === 0 ? false : 'haproxy is not installed';
const folder = mkdtempSync(join(tmpdir(), 'hitless-config-'));
after(() => rmSync(folder, { recursive: true }));

function check(bytes: string | Buffer): { readonly ok: boolean; readonly said: string } {
  const path = join(folder, 'a.cfg');
  writeFileSync(path, typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
  const { status, stderr } = spawnSync('haproxy', ['-c', '-f', path], { encoding: 'latin1' });
  return { ok: status === 0, said: stderr };
}

/** HAProxy stops after 50 errors. */
const LINES_PER_RUN = 40;

const odd = fc
  .array(fc.constantFrom(...'ab"\'\\#$ {}-\t\r[]*x6_\xe9', '\\x4', '"${', '}"'), { maxLength: 16 })
  .map((chars) => `zz${chars.join('')}`)
  // A message of several lines, or with a NUL, could not be told apart.
  .filter((line) => !/\\[nr]|\\x0[0ad]|\\x1|\\x00/i.test(line));

test('words are read as HAProxy reads them', { skip }, () => {
  const batch = fc.array(odd, { minLength: LINES_PER_RUN, maxLength: LINES_PER_RUN });
  fc.assert(
    fc.property(batch, (lines) => {
      const { said } = check(`global\n${lines.map((line) => `${line}\n`).join('')}`);
      lines.forEach((line, index) => assertSaid(line, messageAt(said, index + 2)));
    }),
    { numRuns: 40 },
  );
});

function messageAt(said: string, line: number): string {
  const start = new RegExp(`a\\.cfg:${line}\\] ?: `).exec(said);
  assert.ok(start, `HAProxy said nothing about line ${line}`);
  const rest = said.slice(start.index + start[0].length);
  return rest.slice(0, rest.indexOf('\n'));
}

function assertSaid(line: string, message: string): void {
  const { words, fault } = lexLine(line);
  const refusal =
    /^(?:unmatched quote|unmatched brace|truncated or invalid (?:hex|word)|forbidden first char)/;
  assert.equal(refusal.test(message), fault !== undefined, `${JSON.stringify(line)}: ${message}`);
  if (fault !== undefined || words[0]?.env) return;
  const unknown = `unknown keyword '${words[0]?.value}' in 'global' section`;
  assert.ok(message.startsWith(unknown), `${JSON.stringify(line)}: ${message}, not ${unknown}`);
}

const DEFAULTS =
  'defaults\n\tmode http\n\ttimeout connect 1s\n\ttimeout client 1s\n\ttimeout server 1s\n';
const BACKENDS: readonly string[] = [
  'backend b\n\tserver s 127.0.0.1:1\n',
  'backend b # c\r\n  mode http\r\n  server s 127.0.0.1:1\r\n',
  'backend b\n  balance url_param "a b" check_post # c\n  server s 127.0.0.1:1\n',
  'backend b\n\n# note\n\tbalance uri len 3\n\tserver s 127.0.0.1:1\n',
];
const FRONTEND = 'frontend f\n bind 127.0.0.1:1\n default_backend b\n';

const ALGORITHMS: readonly (string | readonly string[])[] = [
  'roundrobin',
  'static-rr',
  'leastconn',
  'first',
  'source',
  'uri whole',
  'uri len 5 depth 2 path-only',
  'url_param id check_post',
  ['url_param', `a "b" 'c' #d \\ $e`],
  'hdr(Host) use_domain_only',
  'random',
  'random(3)',
  'rdp-cookie(x)',
  'hash req.hdr(x),lower',
  ['hash', 'req.hdr("x y")'],
];

test('HAProxy accepts every edited configuration', { skip }, () => {
  for (const backend of BACKENDS) {
    for (const algorithm of ALGORITHMS) {
      const document = parseText('a', DEFAULTS + backend + FRONTEND);
      const [edited] = setBalance([document], { proxy: 'b', algorithm }).documents;
      assert.ok(edited);
      const { ok, said } = check(print(edited));
      assert.ok(ok, `${printText(edited)}\n${said}`);
    }
  }
});

test('the edited line is the one that HAProxy reads, with the words meant', { skip }, () => {
  for (const backend of BACKENDS) {
    for (const expression of ['nosuch(x)', 'no such', `no'such"$a\\b`, "no'#such"]) {
      const document = parseText('a', DEFAULTS + backend + FRONTEND);
      const edit = setBalance([document], { proxy: 'b', algorithm: ['hash', expression] });
      assert.ok(edit.kind === 'changed' && edit.documents[0]);
      const { ok, said } = check(print(edit.documents[0]));
      assert.equal(ok, false);
      const meant = `backend 'b' [${join(folder, 'a.cfg')}:6]: failed to parse 'balance hash'`;
      assert.ok(said.includes(`${meant} expression '${expression}'`), said);
    }
  }
});
