// Times tests that each do a block of 1,000 operations, with npm `benchmark`.
//
// A block, because a test of one call would time the harness as well; in turns over several rounds, because other work on
// the machine then touches all tests alike; the median of all samples, because the mean follows the noise.

import Benchmark from 'benchmark'

export const BLOCK = 1_000

/** What a test answered last is added here, so that no engine can leave the work out. */
export let consumed = 0

/**
 * @param {Record<string, () => number>} tests Each does BLOCK operations and answers a number.
 * @param {{ rounds: number, seconds: number }} effort Rounds, and seconds for each test in each round.
 * @returns {Record<string, { ns: number, spread: number, samples: number }>} Nanoseconds per operation (median), half
 * the range between the quartiles relative to it, and how many samples there were.
 */
export function measure(tests, effort) {
  const samples = Object.fromEntries(Object.keys(tests).map((name) => [name, []]))
  for (let round = 0; round < effort.rounds; round += 1) {
    for (const [name, test] of Object.entries(tests)) {
      const bench = new Benchmark(name, () => (consumed += test()), {
        maxTime: effort.seconds,
        minSamples: 5,
      })
      bench.run()
      if (bench.error) throw bench.error
      samples[name].push(...bench.stats.sample.map((secondsPerBlock) => (secondsPerBlock * 1e9) / BLOCK))
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, found]) => [name, summary(found)]))
}

/** Median time of a call, in nanoseconds, timed by hand: what takes microseconds needs no blocks. */
export function timed(count, call) {
  for (let at = 0; at < count / 5; at += 1) call(at) // to warm up
  const samples = Array.from({ length: count }, (_, at) => {
    const start = process.hrtime.bigint()
    call(at)
    return Number(process.hrtime.bigint() - start)
  })
  return summary(samples)
}

/** The same for calls that end later. */
export async function timedLater(count, call) {
  const samples = []
  for (let at = -count / 5; at < count; at += 1) {
    const start = process.hrtime.bigint()
    await call(at)
    if (at >= 0) samples.push(Number(process.hrtime.bigint() - start))
  }
  return summary(samples)
}

/** What is told of samples: their median, and half the range between the quartiles relative to it. */
export function summary(samples) {
  const sorted = samples.toSorted((a, b) => a - b)
  const at = (part) => sorted[Math.floor(part * (sorted.length - 1))]
  return { ns: at(0.5), spread: (at(0.75) - at(0.25)) / 2 / at(0.5), samples: sorted.length }
}
