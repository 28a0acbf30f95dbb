import { testCrashes } from './crash-cases.js';
import { STATE_SCENARIOS } from './scenarios.js';

testCrashes(STATE_SCENARIOS);
