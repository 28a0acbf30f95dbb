import { testCrashes } from './crash-cases.js';
import { SCENARIOS } from './scenarios.js';

testCrashes(SCENARIOS.filter(({ method }) => method.startsWith('syn-')));
