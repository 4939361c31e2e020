/** Waiting for what happens elsewhere: in another process, or over a socket. */

/** Resolves when something holds. Where it never does, the test's own time ends it. */
export async function until(holds: () => unknown): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}
