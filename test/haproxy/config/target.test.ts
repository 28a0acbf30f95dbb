import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HitlessError, type ErrorCode } from '../../../src/error.js';
import { parseText } from '../../../src/haproxy/config/document.js';
import { setBalance } from '../../../src/haproxy/config/edit.js';

/** Title, text, name, code, subject, hint. */
const REFUSALS: readonly (readonly [string, string, string, ErrorCode, string, RegExp])[] = [
  [
    'an unknown backend is answered with the nearest',
    'backend web-1\nbackend api\n',
    'web1',
    'config-unknown-name',
    'a.cfg',
    /did you mean web-1\?/,
  ],
  [
    'a frontend has no balance',
    'frontend web\nbackend b\n',
    'web',
    'config-unknown-name',
    'a.cfg',
    /frontend web exists \(a\.cfg:1\) but has no balance/,
  ],
  [
    'defaults are shared',
    'defaults web\nbackend b\n',
    'web',
    'config-unknown-name',
    'a.cfg',
    /defaults web exists/,
  ],
  [
    'a name with a variable is not guessed',
    'backend "${B}"\n',
    '${B}',
    'config-unknown-name',
    'a.cfg',
    /variable/,
  ],
  ['no backend at all', 'global\n', 'b', 'config-unknown-name', 'a.cfg', /no backend at all/],
  [
    'two sections of a name are refused with both places',
    'listen b\n bind :1\nbackend b\n',
    'b',
    'target-ambiguous',
    'a.cfg:1 and a.cfg:3',
    /own name/,
  ],
  [
    'a conditional line in force is refused with its place',
    'backend b\n.if 1\n balance source\n.endif\n',
    'b',
    'target-ambiguous',
    'a.cfg:3',
    /by hand/,
  ],
  [
    'a conditional backend is refused with its place',
    '.if 1\nbackend b\n.endif\n',
    'b',
    'target-ambiguous',
    'a.cfg:2',
    /by hand/,
  ],
  [
    'lines that may or may not belong to the backend are refused',
    'backend b\n.if 0\nbackend c\n.endif\n balance source\n',
    'b',
    'target-ambiguous',
    'a.cfg:3',
    /by hand/,
  ],
  [
    'a line whose keyword is a variable is refused',
    'backend b\n "${BALANCE}" source\n',
    'b',
    'target-ambiguous',
    'a.cfg:2',
    /keyword/,
  ],
  [
    'a section that HAProxy cannot read is refused',
    'backend b\n balance "source\n',
    'b',
    'config-invalid',
    'a.cfg:2:10',
    /haproxy -c/,
  ],
];

for (const [title, text, name, code, subject, hint] of REFUSALS) {
  test(title, () => {
    assert.throws(
      () => setBalance([parseText('a.cfg', text)], { proxy: name, algorithm: 'first' }),
      (error) => {
        assert.ok(error instanceof HitlessError);
        assert.deepEqual([error.code, error.subject], [code, subject]);
        assert.match(error.hint ?? '', hint);
        return true;
      },
    );
  });
}
