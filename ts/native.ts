/** The only door to the addon: loads it, and turns its errors into ours. */

import type * as Binding from '../index.js'
import { type ErrorCode, HyperCacheError } from './errors.js'

/**
 * Places in the mailbox, the same as in `crates/hypercache_napi/src/environment.rs`.
 *
 * A lookup writes the number of its ring, calls with the key, and finds the answer here: no JavaScript number
 * is made on the way, and every ring calls the same function. Enums, because the compiler puts their numbers
 * in place.
 */
export const enum Place {
  /** In: number of the ring. */
  Ring = 0,
  /** In: how many replicas, or keys. Out: how many slots. */
  Count = 1,
  /** In: 1 to answer from the snapshot of the call before. */
  IsSameSnapshot = 2,
  /** Out: mark of the slot names, or a negative reason why there is no answer. */
  Mark = 3,
  /** Out: slots. In, for a batch: where each key ends in the joined string. */
  Slots = 4,
}

/**
 * Why there is no answer: numbers in place of the mark, the same as in `crates/hypercache_napi/src/calls.rs`.
 */
export const enum Reason {
  NoOwner = -1,
  OtherType = -2,
  Shared = -3,
  /** Bytes without length: the empty key, or memory that is gone. */
  NoBytes = -4,
  Closed = -5,
  BadEnds = -6,
  /** Native code panicked: a defect. */
  Panic = -7,
  /** The hash function is JavaScript: native code wants tokens in place of keys. */
  CustomHash = -8,
}

function load(): typeof Binding {
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import could not be caught
    return require('../index.js') as typeof Binding
  } catch (cause) {
    const { platform, arch } = process
    const libc = platform === 'linux' ? (isGlibc() ? '-gnu' : '-musl') : platform === 'win32' ? '-msvc' : ''
    const wanted = `@hypercache/binding-${platform}-${arch}${libc}`
    throw new HyperCacheError(
      'ERR_HYPERCACHE_NATIVE_MISSING',
      `no native binary for ${platform} ${arch}${libc.replace('-', ' ')}: the package ${wanted} is not ` +
        'installed, or does not load. Install with optional dependencies (no --omit=optional, no lock file ' +
        'made on another platform); see the cause for what was tried',
      { cause },
    )
  }
}

function isGlibc(): boolean {
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } }
  return report.header?.glibcVersionRuntime !== undefined
}

/** The addon. */
export const binding = load()

/** What the rings of this thread share on the native side. */
export const environment = new binding.NativeEnvironment()

/** The lookups. */
export const calls = environment.calls()

/** Runs a native call. Its coded errors become ours; other codes are a defect of this package. */
export function guarded<T>(call: () => T): T {
  try {
    return call()
  } catch (error) {
    const { code, message } = error as { code?: string; message: string }
    // Not from native code: a method called on something that is no ring.
    if (code === undefined) throw error
    if (code.startsWith('ERR_HYPERCACHE_')) throw new HyperCacheError(code as ErrorCode, message)
    throw internal(message, error)
  }
}

/** The error for a defect of this package. */
export function internal(message: string, cause?: unknown): HyperCacheError {
  return new HyperCacheError('ERR_HYPERCACHE_INTERNAL', `a defect of HyperCache: ${message}`, {
    cause,
  })
}

export type {
  NativeAgreement,
  NativeEvent,
  NativeGossipCounts,
  NativeGossipOptions,
  NativeMemberChange,
  NativeMemberTokens,
  NativeDistribution,
  NativeMetrics,
  NativeMovement,
  NativeMovementCounter,
  NativeNode,
  NativeNodeChange,
  NativeNodeSpec,
  NativeOptions,
  NativePlannedChange,
  NativeProblem,
  NativeRecord,
  NativeRefusal,
  NativeRing,
  NativeRingChange,
  NativeRuntime,
  NativeTiming,
  NativeVerdict,
} from '../index.js'
