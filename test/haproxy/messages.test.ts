import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alertsOf, describeAlerts, parseMessages } from '../../src/haproxy/messages.js';

/** Printed by HAProxy 2.6.12. */
const REFUSED = `[NOTICE]   (21349) : haproxy version is 2.6.12-1+deb12u4
[NOTICE]   (21349) : path to executable is /usr/sbin/haproxy
[ALERT]    (21349) : config : parsing [b.cfg:2] : unknown keyword 'foo' in 'global' section
[ALERT]    (21349) : config : parsing [b.cfg:5] : 'bind :1' in section 'frontend': unknown keyword 'foo'; did you mean 'tfo' maybe ?
[ALERT]    (21349) : config : Error(s) found in configuration file : b.cfg
[ALERT]    (21349) : config : Fatal errors found in configuration.
`;

test('alerts are told with file and line, without the summing up', () => {
  assert.equal(
    describeAlerts(REFUSED),
    "b.cfg:2: unknown keyword 'foo' in 'global' section\n" +
      "b.cfg:5: 'bind :1' in section 'frontend': unknown keyword 'foo'; did you mean 'tfo' maybe ?",
  );
});

test('levels and places are told apart', () => {
  assert.deepEqual(
    parseMessages(REFUSED).map(({ level, place }) => [level, place?.line]),
    [
      ['notice', undefined],
      ['notice', undefined],
      ['alert', 2],
      ['alert', 5],
      ['alert', undefined],
      ['alert', undefined],
    ],
  );
});

test('an alert without a place is told as it is', () => {
  const text =
    '[ALERT]    (21353) : config : Cannot open configuration file/directory nothere.cfg : No such file or directory';
  assert.equal(
    describeAlerts(text),
    'Cannot open configuration file/directory nothere.cfg : No such file or directory',
  );
});

test('when HAProxy only sums up, that is told rather than nothing', () => {
  const text = '[ALERT]    (1) : config : Fatal errors found in configuration.';
  assert.equal(describeAlerts(text), 'Fatal errors found in configuration.');
});

test('the form of HAProxy before 2.4 is understood', () => {
  const [alert] = alertsOf(
    "[ALERT] 325/101010 (123) : parsing [/etc/a b.cfg:12] : unknown keyword 'x'",
  );
  assert.deepEqual(alert, {
    level: 'alert',
    text: "unknown keyword 'x'",
    place: { file: '/etc/a b.cfg', line: 12 },
  });
});

test('a warning is no alert, and its indented lines are no messages', () => {
  const text =
    "[WARNING]  (1) : config : missing timeouts for frontend 'web'.\n   | While not properly invalid\n";
  assert.deepEqual(
    parseMessages(text).map(({ level }) => level),
    ['warning'],
  );
  assert.deepEqual(alertsOf(text), []);
});

test('output that is no message at all is told whole', () => {
  assert.equal(describeAlerts('Segmentation fault\n'), 'Segmentation fault');
});
