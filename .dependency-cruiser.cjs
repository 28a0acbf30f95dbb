/**
 * The architecture of hitless as rules: which module may import which, one arrow each. Every
 * comment says where code belongs that runs into the rule. `npm run check` applies them, and
 * test/structure plants a violation of each and expects it to be reported.
 *
 *   cli -> report, trial -> lab, probe; cli -> reload -> methods -> steps -> haproxy, services -> host
 */

/** Parts that only compute: no IO, clock, randomness or `process`. .oxlintrc.json has the same list. */
const PURE = [
  '^src/error\\.ts$',
  '^src/host/(addresses|conntrack|diversion|endpoint|flows|host|nft|nft-[a-z-]+|proc|ss|syn-targets|tc-plug|trial-packet)\\.ts$',
  '^src/doctor/',
  '^src/haproxy/changes/',
  '^src/haproxy/config/',
  '^src/haproxy/state/',
  '^src/report/[^/]+\\.ts$',
  '^src/haproxy/(arguments|config-listeners|messages|version|runtime/(answers|availability|batches|certificates|change|commands|crt-lists|entries|limits|order|reading|revocations|server-states|tables))\\.ts$',
  '^src/methods/',
  '^src/journal/record\\.ts$',
  '^src/reload/(decide|plan|progress|request)\\.ts$',
  '^src/services/(apache|apache-[a-z]+|includes|nginx|nginx-[a-z]+|registry|service|splice)\\.ts$',
  '^src/lab/(apache-config|haproxy-config|keepalived-config|network-plan|nginx-config)\\.ts$',
  `^src/probe/(${[
    'body-sink',
    'bound',
    'carried',
    'chunked-body',
    'deadline-list',
    'events',
    'exchange',
    'fifo',
    'histogram',
    'http-response',
    'loss',
    'messages',
    'netstat',
    'options',
    'outcome',
    'phases',
    'reference',
    'reload-watch',
    'reloads',
    'report',
    'request-text',
    'schedule',
    'series',
    'verdict',
  ].join('|')})\\.ts$`,
];

/** Node's own modules that only compute. */
const COMPUTING = '^(node:)?(buffer|path|url|util|zlib)$';
/** Hashing computes; the rest of node:crypto is randomness, so it is not for pure modules. */
const COMPUTING_OR_CRYPTO = '^(node:)?(buffer|crypto|path|url|util|zlib)$';

/** Everything of host/ but host/node/. */
const PORT = '^src/host/[^/]+\\.ts$';
const ERROR = '^src/error\\.ts$';
/** Where this very program's own files are, for those who start it or a part of it. */
const ENTRY_POINTS = '^src/entry-points\\.ts$';

/** A layer may import itself, what is listed, and errors. */
function layer(name, folders, allowed, comment) {
  return {
    name,
    severity: 'error',
    comment,
    from: { path: folders },
    to: { path: '^src/', pathNot: [folders, ERROR, ...allowed] },
  };
}

const ARROWS = [
  {
    name: 'nothing-imports-cli',
    severity: 'error',
    comment:
      'The command line is the top: modules return data, src/cli turns it into sentences. Move what ' +
      'is wanted out of cli/ into the layer that needs it, or hand it in as an argument.',
    from: { path: '^src/', pathNot: '^src/(cli/|main\\.ts$)' },
    to: { path: '^src/(cli/|main\\.ts$)' },
  },
  {
    name: 'only-shells-touch-the-machine',
    severity: 'error',
    comment:
      'The real machine is chosen at the top: cli/ and main.ts pass it down; trial/, lab/ and probe/ do ' +
      'IO of their own. Everything else takes a Host (src/host/host.ts) as an argument; a missing ' +
      'operation becomes a field there.',
    from: { path: '^src/', pathNot: '^src/(cli/|trial/|lab/|probe/|host/node/|main\\.ts$)' },
    to: { path: '^src/host/node/' },
  },
  {
    name: 'io-goes-through-the-port',
    severity: 'error',
    comment:
      'These layers work on any Host, a fake one included. A file, process, socket or clock belongs ' +
      'into src/host/host.ts as an operation and into src/host/node/ as its implementation.',
    from: {
      path: ['^src/(haproxy|services|steps|methods|doctor|journal|reload|settings)/', PORT, ERROR],
    },
    to: { dependencyTypes: ['core'], pathNot: COMPUTING_OR_CRYPTO },
  },
  {
    name: 'leaves-import-nothing',
    severity: 'error',
    comment:
      'Everything may import src/error.ts, and all that start programs src/entry-points.ts; so these ' +
      'import nothing of ours. What needs more belongs into a layer.',
    from: { path: [ERROR, ENTRY_POINTS] },
    to: { path: '^src/' },
  },
  layer(
    'host-is-the-bottom',
    '^src/host/',
    [ENTRY_POINTS],
    'The port to the machine knows nothing of proxies and reloads. Knowledge of HAProxy belongs into ' +
      'src/haproxy/, a decision into src/reload/ or src/methods/.',
  ),
  layer(
    'haproxy-knows-only-the-host',
    '^src/haproxy/',
    [PORT],
    'src/haproxy/ is what is known of HAProxy, whoever asks. An action of a reload belongs into ' +
      'src/steps/, its order into src/methods/, its course into src/reload/.',
  ),
  layer(
    'services-know-only-the-host',
    '^src/services/',
    [PORT],
    'src/services/ is what is known of other programs that listen. An action of a reload belongs into ' +
      'src/steps/, its order into src/methods/, its course into src/reload/.',
  ),
  layer(
    'journal-knows-only-the-host',
    '^src/journal/',
    [PORT],
    'The journal writes lines of JSON and gives them back, whatever they mean. What they mean belongs ' +
      'into src/reload/; the type of what a line holds into src/journal/record.ts.',
  ),
  layer(
    'settings-know-only-the-host',
    '^src/settings/',
    [PORT],
    'Settings are read and checked, not acted upon. What follows from them belongs into src/cli/.',
  ),
  layer(
    'steps-know-haproxy-and-the-host',
    '^src/steps/',
    ['^src/haproxy/', '^src/services/', PORT],
    'A step is one small action, told everything by its data. Choosing and ordering belongs into ' +
      'src/methods/, journal, retry and recovery into src/reload/.',
  ),
  {
    name: 'steps-are-strangers',
    severity: 'error',
    comment:
      'Steps follow each other in any order and know one another by recorded values only ' +
      '(context.before, context.after). What two of them share belongs into src/steps/definition.ts, ' +
      'a small file of its own (spare-link.ts and holds/ are such; add it to this rule), or src/haproxy/.',
    from: { path: '^src/steps/', pathNot: '^src/steps/registry\\.ts$' },
    to: {
      path: '^src/steps/',
      pathNot:
        '^src/steps/((definition|diverting|service-health|spare-link|flip-elements|instance-name|public-names|own-namespace|await-stopping)\\.ts$|holds/)',
    },
  },
  layer(
    'methods-plan-with-steps',
    '^src/methods/',
    ['^src/steps/', '^src/haproxy/', '^src/services/', PORT],
    'A method is a pure function from request and facts to steps. Reading the machine belongs into ' +
      'src/reload/facts.ts (and its result into src/methods/facts.ts), doing into src/steps/.',
  ),
  {
    name: 'methods-are-strangers',
    severity: 'error',
    comment:
      'Methods are interchangeable: none knows that another exists. What several of them need belongs ' +
      'into src/methods/parts.ts or a file of its own (supervised.ts is one; add it to this rule), ' +
      'choosing between them into src/reload/decide.ts.',
    from: { path: '^src/methods/', pathNot: '^src/methods/registry\\.ts$' },
    to: {
      path: '^src/methods/',
      pathNot:
        '^src/methods/(facts|flip-facts|handoff-facts|holding|own-command|method|parts|supervised)\\.ts$',
    },
  },
  layer(
    'doctor-judges-facts',
    '^src/doctor/',
    ['^src/methods/', '^src/haproxy/', '^src/services/', PORT],
    'A check is a pure function from facts to findings. Reading the machine belongs into src/reload/, ' +
      'words for people into src/cli/.',
  ),
  layer(
    'reload-knows-no-lab-and-no-probe',
    '^src/reload/',
    [
      '^src/doctor/',
      '^src/methods/',
      '^src/steps/',
      '^src/journal/',
      '^src/haproxy/',
      '^src/services/',
      '^src/settings/',
      '^src/host/',
    ],
    'A reload does not need to be watched. Tying a proof to it belongs into src/cli/, which calls both.',
  ),
  layer(
    'probe-stands-alone',
    '^src/probe/',
    ['^src/host/', ENTRY_POINTS],
    'The probe judges reloads and must not depend on what it judges, nor on what runs it. Tying it to ' +
      'a reload or a lab belongs into src/trial/ or src/cli/.',
  ),
  layer(
    'lab-stands-alone',
    '^src/lab/',
    ['^src/haproxy/', '^src/services/', '^src/host/', ENTRY_POINTS],
    'A lab is a place with real programs, whatever is done in it. Reloading or probing there belongs ' +
      'into src/trial/, test/system/ or bench/.',
  ),
  layer(
    'report-knows-results-only',
    '^src/report/',
    ['^src/probe/', '^src/trial/'],
    'A report makes tables and pages of what was measured, and measures nothing. Running a trial ' +
      'belongs into src/trial/, reading and writing files into src/cli/.',
  ),
  layer(
    'trial-drives-programs',
    '^src/trial/',
    ['^src/lab/', '^src/probe/', '^src/host/', '^src/methods/method\\.ts$', ENTRY_POINTS],
    'A trial runs hitless as users do: as a program, in a lab. What it wants to know of a reload it ' +
      "reads from that program's output; words for people belong into src/cli/.",
  ),
];

const PURITY = [
  {
    name: 'pure-imports-no-io',
    severity: 'error',
    comment:
      'This module only computes: same input, same output. Let its caller read the file, socket or ' +
      'clock and hand the result in; IO belongs into a module that takes a Host.',
    from: { path: PURE },
    to: { dependencyTypes: ['core'], dependencyTypesNot: ['type-only'], pathNot: COMPUTING },
  },
  {
    name: 'pure-imports-pure',
    severity: 'error',
    comment:
      'A module that only computes may run only others of that kind (types may come from anywhere ' +
      'below). Move the computing part of the imported module into a file of its own and list it in ' +
      'PURE, or take its result as an argument.',
    from: { path: PURE },
    to: {
      path: '^src/',
      // The table of steps, for what a step is called and whether it has an effect.
      pathNot: [...PURE, '^src/steps/registry\\.ts$'],
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'methods-name-steps-only',
    severity: 'error',
    comment:
      'A method writes steps down and never runs one: it needs their types, not their code. What it ' +
      'wants to compute belongs into src/methods/parts.ts.',
    from: { path: '^src/methods/' },
    to: { path: '^src/steps/', dependencyTypesNot: ['type-only'] },
  },
];

const HYGIENE = [
  {
    name: 'no-circular',
    severity: 'error',
    comment:
      'Two modules that need each other are one, or hide a third: move what both need into a file of ' +
      'its own. Types, and commands loaded on demand, may go round: neither is there at the start.',
    from: { path: '^src/' },
    to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only', 'dynamic-import'] } },
  },
  {
    name: 'no-orphans',
    severity: 'error',
    comment: 'Nothing leads to this module, and it leads nowhere: use it or delete it.',
    from: { orphan: true, path: '^src/' },
    to: {},
  },
  {
    name: 'src-needs-no-tests',
    severity: 'error',
    comment: 'What users run is src/ alone. What tests and src share belongs into src/.',
    from: { path: '^src/' },
    to: { path: '^(test|bench|scripts)/' },
  },
  {
    name: 'no-dev-packages',
    severity: 'error',
    comment:
      'Users install "dependencies" only. Do without the package, or move it there in package.json ' +
      'after weighing what it brings along. (Types alone are free.)',
    // What runs in a browser is bundled with its packages at build time.
    from: { path: '^src/', pathNot: '^src/report/browser/' },
    to: {
      dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown', 'npm-optional', 'npm-peer'],
      dependencyTypesNot: ['type-only'],
    },
  },
  {
    name: 'packages-stay-at-the-edge',
    severity: 'error',
    comment:
      'A package is wrapped in one place, so that it can be replaced: commander and listr2 in src/cli/, ' +
      'hdr-histogram-js in src/probe/histogram.ts, uplot in src/report/browser/.',
    from: { path: '^src/', pathNot: '^src/(cli/|probe/histogram\\.ts$|report/browser/)' },
    to: { path: 'node_modules/(commander|listr2|hdr-histogram-js|uplot)/' },
  },
  {
    name: 'not-to-unresolvable',
    severity: 'error',
    comment: 'There is no such module: a typing error, or a package that is not in package.json.',
    from: {},
    to: { couldNotResolve: true },
  },
];

module.exports = {
  forbidden: [...ARROWS, ...PURITY, ...HYGIENE],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types draw arrows too.
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
    reporterOptions: { text: { highlightFocused: true } },
  },
};
