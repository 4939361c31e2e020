/** The tests in a real browser: `npm run test:browser`. */

import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/browser/**/*.browser.ts'],
    allowOnly: false,
    // Browsers and machines are slow at times; nothing waits for a time, only for what is to happen.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
