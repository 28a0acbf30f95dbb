import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compared, CONFIG, replaced, told } from './cases.js';

const LAST = 'server web2 10.0.0.2:80 maxconn 50';

const ADDED: readonly (readonly [words: string, sent: string])[] = [
  ['weight 3', 'weight 3'],
  ['weight 3 enabled', 'weight 3'],
  ['disabled weight 3', 'weight 3 disabled'],
  ['disabled weight 3 enabled', 'weight 3'],
  ['enabled weight 3 disabled', 'weight 3 disabled'],
];

for (const [words, sent] of ADDED) {
  test(`a server with "${words}" is added as "${sent}": of enabled and disabled the last counts`, () => {
    const text = replaced(LAST, `${LAST}\n    server web3 10.0.0.3:80 ${words}`);
    for (const version of ['2.6.12', '3.0.1', '3.2.1']) {
      assert.deepEqual(told(compared(CONFIG, text, version)), [
        `+ server web/web3 runtime: web/web3: added (10.0.0.3:80 ${sent})`,
      ]);
    }
  });
}
