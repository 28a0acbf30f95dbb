import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compared, CONFIG } from './cases.js';

const LINES = CONFIG.split('\n');
/** Lines of words, by index; no blank ones. */
const SPOKEN = LINES.flatMap((line, at) => (line.trim() === '' ? [] : [at]));

const spaces = fc.stringMatching(/^[ \t]{1,4}$/);
const comment = fc.constantFrom('', ' # why', '\t#', ' # server web1 1.2.3.4:5 weight 9');

test('comments, spaces and blank lines anywhere change nothing', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(spaces, comment, fc.boolean()), {
        minLength: LINES.length,
        maxLength: LINES.length,
      }),
      (dress) => {
        const text = LINES.map((line, at) => {
          const [gap = ' ', note = '', blank = false] = dress[at] ?? [];
          const words = line.trim().split(/\s+/).join(gap);
          const dressed = line.trim() === '' ? '' : gap + words + note;
          return blank ? `${dressed}\n# between` : dressed;
        }).join('\n');
        const changes = compared(CONFIG, text);
        assert.deepEqual(
          changes.filter(({ by }) => by.kind !== 'nothing'),
          [],
        );
      },
    ),
  );
});

/** Words that the runtime API can make. */
const CHANGEABLE = /weight|maxconn|port|10\.0\.0|server web|^\d+$/;

test('any other word in the place of one that HAProxy reads at its start only needs a reload', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...SPOKEN),
      fc.nat(),
      fc.stringMatching(/^[a-z][a-z-]{2,12}$/),
      (at, which, word) => {
        const words = (LINES[at] ?? '').trim().split(/\s+/);
        const index = which % words.length;
        const former = words[index] ?? '';
        // The name of a server: one goes, another comes.
        fc.pre(former !== word && !CHANGEABLE.test(former) && !/^web\d/.test(former));
        words[index] = word;
        const text = LINES.map((line, n) => (n === at ? `    ${words.join(' ')}` : line)).join(
          '\n',
        );
        assert.ok(
          compared(CONFIG, text).some(({ by }) => by.kind === 'reload'),
          words.join(' '),
        );
      },
    ),
    { numRuns: 300 },
  );
});

test('what is compared with itself, or back and forth, has as many changes of each kind', () => {
  fc.assert(
    fc.property(fc.constantFrom(...SPOKEN), (at) => {
      const text = LINES.filter((_, n) => n !== at).join('\n');
      const there = compared(CONFIG, text).length > 0;
      assert.equal(there, compared(text, CONFIG).length > 0);
      assert.equal(there, true);
    }),
  );
});

test('any bytes are compared without an exception, and other bytes are never the same by mistake', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary-ascii', maxLength: 300 }), (text) => {
      assert.deepEqual(compared(text, text), []);
      compared(CONFIG, CONFIG + text);
      compared(text, CONFIG);
    }),
  );
});
