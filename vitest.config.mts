import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/**/*.test.ts'],
    // A focused test would turn the gate green by running nothing else.
    allowOnly: false,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
