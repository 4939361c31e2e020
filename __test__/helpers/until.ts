/** Waiting for what other threads, processes and machines do. */

/** How often it is looked. */
const LOOK_MS = 5

/** Resolves when a condition holds. Fails with what `shown` says, where it has not come to hold in time. */
export async function until(
  condition: () => unknown,
  shown: () => unknown = () => condition.toString(),
  patienceMs = 30_000,
): Promise<void> {
  const endMs = performance.now() + patienceMs
  while (!condition()) {
    if (performance.now() > endMs) throw new Error(`waited in vain: ${JSON.stringify(shown())}`)
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
