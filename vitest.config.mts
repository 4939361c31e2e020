import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['__test__/**/*.test.ts'],
    // A focused test would turn the gate green by running nothing else.
    allowOnly: false,
    // Two, also where there are two cores: much of the time is waiting for other processes.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
