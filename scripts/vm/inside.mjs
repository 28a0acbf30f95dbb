/** Inside the guest: runs test files, and says the counts in a line for scripts/test-vm.mjs. */
import { runTests, say, STAGES } from '../run-tests.mjs';

const counts = await runTests(process.argv.slice(2), STAGES.system);
say(`# counts ${JSON.stringify(counts)}`);
