/** `ring route`: which nodes answer for keys. */

import type { HashRing } from '../ring/hash-ring.js'
import type { PackedKeys } from '../types.js'
import { type KeySource, openKeys } from './key-source.js'
import type { Output } from './output.js'
import { Progress } from './progress.js'

/** How to print. */
export interface RouteOptions {
  /** Replicas to print; the owner alone where absent. */
  replicas?: number | undefined
  json?: boolean | undefined
}

const TAB = 0x09
const LF = 0x0a

/** Prints a line for each key, in order, as fast as they are read. */
export async function route(
  ring: HashRing,
  source: KeySource,
  options: RouteOptions,
  output: Output,
): Promise<void> {
  const progress = new Progress(process.stderr, !process.stdout.isTTY)
  const names = new NameBytes()
  try {
    for await (const keys of openKeys(source)) {
      if (options.replicas !== undefined)
        await printReplicas(ring, keys, options.replicas, options.json === true, output)
      else if (options.json === true) await printOwnersAsJson(ring, keys, output)
      else await printOwners(ring, keys, names, output)
      await output.flush()
      progress.add(keys.offsets.length - 1)
    }
  } finally {
    progress.end()
  }
}

async function printOwners(
  ring: HashRing,
  keys: PackedKeys,
  known: NameBytes,
  output: Output,
): Promise<void> {
  const { slots, names } = ring.getNodeBatchPacked(keys)
  const { bytes, offsets } = keys
  for (let index = 0; index < slots.length; index += 1) {
    output.appendBytes(bytes, offsets[index], offsets[index + 1])
    output.appendByte(TAB)
    output.appendBytes(known.of(slots[index]!, names))
    output.appendByte(LF)
    if (output.isFull) await output.flush()
  }
}

async function printOwnersAsJson(ring: HashRing, keys: PackedKeys, output: Output): Promise<void> {
  const { slots, names } = ring.getNodeBatchPacked(keys)
  for (let index = 0; index < slots.length; index += 1) {
    output.appendText(`${JSON.stringify({ key: textOf(keys, index), node: names[slots[index]!] })}\n`)
    if (output.isFull) await output.flush()
  }
}

async function printReplicas(
  ring: HashRing,
  keys: PackedKeys,
  count: number,
  isJson: boolean,
  output: Output,
): Promise<void> {
  const { bytes, offsets } = keys
  for (let index = 0; index < offsets.length - 1; index += 1) {
    const start = offsets[index]!
    const end = offsets[index + 1]!
    const replicas = ring.getReplicas(bytes.subarray(start, end), count)
    if (isJson) {
      output.appendText(`${JSON.stringify({ key: textOf(keys, index), node: replicas[0], replicas })}\n`)
    } else {
      output.appendBytes(bytes, start, end)
      output.appendText(`\t${replicas.join(',')}\n`)
    }
    if (output.isFull) await output.flush()
  }
}

/** A key as text; what is not UTF-8 becomes U+FFFD. */
function textOf({ bytes, offsets }: PackedKeys, index: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString(
    'utf8',
    offsets[index],
    offsets[index + 1],
  )
}

/** Names of slots as bytes, kept from one batch to the next. */
class NameBytes {
  readonly #names: string[] = []
  readonly #bytes: Buffer[] = []

  of(slot: number, names: readonly string[]): Buffer {
    const name = names[slot]!
    if (this.#names[slot] !== name) {
      this.#names[slot] = name
      this.#bytes[slot] = Buffer.from(name, 'utf8')
    }
    return this.#bytes[slot]!
  }
}
