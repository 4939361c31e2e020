/**
 * The files of `@hypercache/ring`, all of them, with all they export: what `@hypercache/cluster` takes from
 * there beyond the public names. It is exported as `@hypercache/ring/internal`, untyped and without promises.
 */

export * from '../async-queue.js'
export * from '../checks.js'
export * from '../clock.js'
export * from '../errors.js'
export * from '../fifo.js'
export * from '../frozen.js'
export * from '../listeners.js'
export * from '../native.js'
export * from '../types.js'
export * from './arguments.js'
export * from './custom-hash.js'
export * from './hash-ring.js'
export * from './keys.js'
export * from './metrics.js'
export * from './movement.js'
export * from './transfers.js'
export * from './watchers.js'
