/** How a run ends: its exit code, and the one line that says why. */

import { codeOf } from '../system-reason.js'

/** Exit code of a run that failed while it worked. */
export const EXIT_FAILED = 1
/** Exit code of wrong usage and of input that cannot be used. */
export const EXIT_USAGE = 2

/** Exit code of a node whose id another process has: to start it again as it is would be of no use. */
export const EXIT_NODE_ID_TAKEN = 3

/** Ends the run with an exit code and one line on stderr. */
export class CliFailure extends Error {
  readonly exitCode: number

  constructor(exitCode: number, message: string, options?: ErrorOptions) {
    super(message, options)
    this.exitCode = exitCode
  }
}

/** Whoever read the output went away. Ends the run at once, and quietly: nothing is wrong. */
export class OutputClosed extends Error {}

/** The failure for wrong usage, or for input that cannot be used. */
export function usageError(message: string, cause?: unknown): CliFailure {
  return new CliFailure(EXIT_USAGE, message, { cause })
}

/** Whether an error is one that this package documents, and not a defect. */
export function isDocumented(error: unknown): error is Error {
  const code = codeOf(error)
  return code !== undefined && code.startsWith('ERR_HYPERCACHE_') && code !== 'ERR_HYPERCACHE_INTERNAL'
}

/** A text without anything that would break the line or steer a terminal. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (char) => {
    const short = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[char]
    return short ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}

/** The exit code and the line of an error, or no line where there is nothing to say. */
export function verdictOn(error: unknown): { exitCode: number; line?: string } {
  if (error instanceof OutputClosed) return { exitCode: 0 }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof CliFailure) return { exitCode: error.exitCode, line: oneLine(message) }
  if (isDocumented(error)) return { exitCode: EXIT_FAILED, line: oneLine(message) }
  return { exitCode: EXIT_FAILED, line: oneLine(`internal error: ${message}`) }
}
