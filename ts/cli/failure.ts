/** How a run ends: its exit code, and the one line that says why. */

/** Exit code of a run that failed while it worked. */
export const EXIT_FAILED = 1
/** Exit code of wrong usage and of input that cannot be used. */
export const EXIT_USAGE = 2

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

/** The code of an error: of the system (`ENOENT`), or of this package (`ERR_HYPERCACHE_…`). */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Whether an error is one that this package documents, and not a defect. */
export function isDocumented(error: unknown): error is Error {
  const code = codeOf(error)
  return code !== undefined && code.startsWith('ERR_HYPERCACHE_') && code !== 'ERR_HYPERCACHE_INTERNAL'
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EIO: 'input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  ENXIO: 'no such device or address',
  EPERM: 'not permitted',
}

/** Why the system refused something, in words. */
export function systemReason(error: unknown): string {
  const known = SYSTEM_REASONS[codeOf(error) ?? '']
  if (known !== undefined) return known
  return error instanceof Error ? error.message : String(error)
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
