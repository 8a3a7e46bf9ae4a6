// Mocha's own spec output, and the counts as JSON where scripts/test.mjs asks for them (the suites run as several
// processes, and their sum is what the last line says).
const { writeFileSync } = require('node:fs');
const { reporters } = require('mocha');

module.exports = class CountingSpec extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    const file = process.env.CROSSFLOW_TEST_COUNTS;
    if (!file) return;
    const skipped = [];
    runner.on('pending', (test) => skipped.push(test.fullTitle()));
    runner.once('end', () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(
        file,
        JSON.stringify({ passed: passes, failed: failures, skipped: pending, skippedTitles: skipped }),
      );
    });
  }
};
