/** Codes of errors, and what those of the operating system mean. */

/** The code of an error: of the system (`ENOENT`), or of this package (`ERR_HYPERCACHE_…`). */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

const SYSTEM_REASONS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was cut off',
  EHOSTUNREACH: 'there is no way to it',
  EIO: 'input/output error',
  EISDIR: 'it is a directory',
  ELOOP: 'too many symbolic links',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a directory',
  ENOTFOUND: 'the name is not known',
  ENXIO: 'no such device or address',
  EPERM: 'not permitted',
  ETIMEDOUT: 'the time is over',
  UND_ERR_SOCKET: 'the connection was cut off',
}

/** Why the system refused something, in words. */
export function systemReason(error: unknown): string {
  const known = SYSTEM_REASONS[codeOf(error) ?? '']
  if (known !== undefined) return known
  return error instanceof Error ? error.message : String(error)
}
