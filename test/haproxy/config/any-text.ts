import fc from 'fast-check';

/** Lines that begin sections or blocks, seem to, or hide it by quotes, escapes and bytes. */
const HEADS = [
  'global',
  'defaults',
  'defaults d1',
  'defaults d2 from d1',
  'backend a',
  'backend b from d1',
  'frontend f',
  'listen l',
  '\tbackend t # why',
  '"backend" q',
  'bac"ken"d z',
  'back\\x65nd h',
  'global2',
  'Backend a',
  '.if defined(A)',
  '  .elif true',
  '.else',
  '.endif',
  '".if" x',
  '[scope]',
  '\x01backend y',
  '\0backend x',
] as const;

const STATEMENTS = [
  '',
  ' \t',
  '# .if',
  '\r',
  'x\rbackend y',
  'server s1 10.0.0.1:80 weight 1',
  '  server s1 10.0.0.1:80   weight 1 # why',
  'server s2 10.0.0.2:80 weight 2',
  'server s2 10.0.0.2:80 weight "3"',
  'default-server inter 3s',
  'balance leastconn',
  'balance "first"',
  'maxconn 10',
  'maxconn 20',
  'maxconn "$X"',
  'mode http',
  'bind :80 crt /a.pem',
  'bind :81 c"r"t "/b"',
  'acl x path -"f" /l',
  'acl y hdr,map(/m) -m found',
  'err\\x6ffile 503 /e',
  "error'file' 503 /e",
  'lua-load /x.lua',
  'unmatched "quote',
] as const;

const line = fc.oneof(
  { weight: 2, arbitrary: fc.constantFrom(...HEADS) },
  { weight: 4, arbitrary: fc.constantFrom(...STATEMENTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 8 }) },
);
const ending = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r', '');

/** The text of a configuration file, mostly one that HAProxy would refuse. */
export const anyText: fc.Arbitrary<string> = fc
  .array(fc.tuple(line, ending), { maxLength: 25 })
  .map((lines) => lines.flat().join(''));

const SOUND = `global
    maxconn 10
defaults d1
    mode http
frontend f
    bind :80
backend a
    balance roundrobin
    server s1 10.0.0.1:80 weight 1
    server s2 10.0.0.2:80 weight 2
backend b
    server s1 10.0.0.1:80
`;

/** A text, and the same with a few lines that are other ones. */
export const anyPair: fc.Arbitrary<readonly [string, string]> = fc
  .tuple(
    fc.oneof(fc.constant(SOUND), anyText),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1), fc.array(line, { maxLength: 1 })), {
      minLength: 1,
      maxLength: 3,
    }),
  )
  .map(([text, edits]) => {
    const lines = text.split('\n');
    for (const [at, gone, put] of edits) lines.splice(at % lines.length, gone, ...put);
    return [text, lines.join('\n')];
  });
