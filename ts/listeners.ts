/** How listeners are called: one that fails harms nobody else. */

import { types } from 'node:util'

import { shown } from './errors.js'
import type { StopWatching } from './types.js'

/**
 * Calls a listener. What it throws, or rejects with, becomes a process warning: it harms neither the caller
 * nor other listeners nor the process. Answers what it answered, a promise only if there is something to wait
 * for; such a promise never rejects.
 *
 * @param where What the listener was given to, for the warning: `watch()`.
 * @param onFailure Called where it threw or rejected, after the warning.
 */
export function callListener<T>(
  where: string,
  listener: (item: T) => unknown,
  item: T,
  onFailure?: () => void,
): Promise<void> | undefined {
  try {
    const answer = listener(item)
    // Also a promise of another realm, or something like one.
    if (typeof answer !== 'object' || answer === null || !('then' in answer)) return undefined
    return Promise.resolve(answer).then(
      () => undefined,
      (error: unknown) => reportFailure(where, error, onFailure),
    )
  } catch (error) {
    reportFailure(where, error, onFailure)
    return undefined
  }
}

/** What is answered to somebody who listens: every way to end it. */
export function stopWatching(stop: () => void): StopWatching {
  // A function of its own: the fields are not to be on the one that is given.
  return Object.assign(() => stop(), { close: stop, [Symbol.dispose]: stop })
}

/** Emits a warning of this package. */
export function warn(code: string, message: string, detail?: string): void {
  process.emitWarning(message, {
    type: 'HyperCacheWarning',
    code,
    ...(detail === undefined ? {} : { detail }),
  })
}

/** What there is to say of an error. Never fails, whatever was thrown. */
export function describedError(error: unknown): { problem: string; detail?: string } {
  try {
    // An error of another realm is one too.
    if (error instanceof Error || types.isNativeError(error)) {
      return { problem: String(error.message), detail: String(error.stack) }
    }
  } catch {
    // An error only by name.
  }
  return { problem: shown(error) }
}

function reportFailure(where: string, error: unknown, onFailure: (() => void) | undefined): void {
  const { problem, detail } = describedError(error)
  warn('ERR_HYPERCACHE_LISTENER_FAILED', `a listener of ${where} threw: ${problem}`, detail)
  onFailure?.()
}
