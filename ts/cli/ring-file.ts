/** Ring files: YAML or JSON, bounded, checked, with the line of every mistake. */

import { open } from 'node:fs/promises'

import { type Document, LineCounter, isMap, isNode, isScalar, isSeq, parseDocument } from 'yaml'

import { HashRing } from '../ring/hash-ring.js'
import type { HashRingOptions, NodeSpec } from '../types.js'
import { codeOf, isDocumented, systemReason, usageError } from './failure.js'
import { FieldError, OPTION_OF_FIELD, type Path, optionsOf, shownPath } from './ring-fields.js'

/** Largest ring file. Parsing takes some eighty times its size in memory. */
const FILE_BYTES_MAX = 16 << 20
/** Most times an alias may be followed: once for each node that a ring can hold. */
const ALIASES_MAX = 65_535

type RingOptions = HashRingOptions & { nodes: NodeSpec[] }

/** The ring that a file describes. @throws CliFailure that names file, line and mistake. */
export async function readRing(path: string): Promise<HashRing> {
  const file = parse(path, await readText(path))
  let options: RingOptions
  try {
    options = optionsOf(file.content)
  } catch (error) {
    if (error instanceof FieldError) throw file.failure(error.message, error.path)
    throw error
  }
  try {
    return new HashRing(options)
  } catch (error) {
    if (!isDocumented(error)) throw error
    throw placed(file, options, error)
  }
}

/** A file that has been parsed. `failure` makes the error for a mistake at a place in it. */
interface ParsedFile {
  content: unknown
  failure(message: string, at: Path): Error
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer
  try {
    bytes = await readBounded(path)
  } catch (error) {
    throw usageError(`cannot read the ring file ${JSON.stringify(path)}: ${systemReason(error)}`, error)
  }
  if (bytes.length > FILE_BYTES_MAX) {
    const bound = FILE_BYTES_MAX.toLocaleString('en-US')
    throw usageError(`the ring file ${JSON.stringify(path)} is larger than ${bound} bytes`)
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw usageError(`the ring file ${JSON.stringify(path)} is not UTF-8`, error)
  }
}

/** The bytes of a file, or one more than allowed: a pipe does not tell its size. */
async function readBounded(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const pieces: Buffer[] = []
    let total = 0
    for await (const piece of file.createReadStream({ end: FILE_BYTES_MAX, autoClose: false })) {
      pieces.push(piece as Buffer)
      total += (piece as Buffer).length
      if (total > FILE_BYTES_MAX) break
    }
    return Buffer.concat(pieces, total)
  } finally {
    await file.close()
  }
}

function parse(path: string, text: string): ParsedFile {
  const lines = new LineCounter()
  const failAt = (message: string, offset: number | undefined) => {
    const line = offset === undefined ? 0 : lines.linePos(offset).line
    return usageError(line > 0 ? `${path}:${line}: ${message}` : `${path}: ${message}`)
  }
  try {
    // Whole numbers as bigint: a seed has 64 bits.
    const options = { intAsBigInt: true, lineCounter: lines, logLevel: 'error', prettyErrors: false } as const
    const document = parseDocument(text, options)
    const problem = document.errors[0] ?? document.warnings[0]
    if (problem !== undefined) throw failAt(syntaxMessage(problem), problem.pos[0])
    const content: unknown = document.toJS({ maxAliasCount: ALIASES_MAX })
    return { content, failure: (message, at) => failAt(message, offsetOf(document, at)) }
  } catch (error) {
    // What the parser throws, rather than collects: aliases without end or without an anchor, endless
    // nesting.
    if (error instanceof RangeError) throw failAt('nested too deeply', undefined)
    if (error instanceof ReferenceError) throw failAt(error.message, undefined)
    throw error
  }
}

function syntaxMessage({ code, message }: { code: string; message: string }): string {
  if (code === 'MULTIPLE_DOCS') return 'a second document begins; a ring file has one'
  if (code === 'RESOURCE_EXHAUSTION') return 'nested too deeply'
  return message
}

/** Where in the text the entry at a path begins; of the nearest around it that is in the text. */
function offsetOf(document: Document, path: Path): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const parent = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true)
    const part = path[length - 1]
    const pair = isMap(parent) ? parent.items.find(({ key }) => nameOf(key) === part) : undefined
    const node = isSeq(parent) ? parent.get(part, true) : pair?.key
    if (isNode(node) && node.range) return node.range[0]
  }
  return undefined
}

function nameOf(key: unknown): string {
  return String(isScalar(key) ? key.value : key).trim()
}

/** Finds by trial which part of a file the ring refuses, to name its line. */
function placed(file: ParsedFile, options: RingOptions, error: Error): Error {
  const { nodes, ...others } = options
  for (const [field, option] of Object.entries(OPTION_OF_FIELD)) {
    const value = options[option]
    if (option === 'nodes' || value === undefined || !isRefused({ [option]: value })) continue
    return file.failure(error.message.replace(new RegExp(`^${option}\\b`), field), [field])
  }
  if (isRefused(others)) return file.failure(withFieldNames(error.message), ['hash_seed'])
  // Too much of all together: no single node is wrong.
  if (codeOf(error)?.startsWith('ERR_HYPERCACHE_TOO_MANY_'))
    return file.failure(withFieldNames(error.message), ['nodes'])
  const index = nodes.findIndex((node) => isRefused({ ...others, nodes: [node] }))
  if (index < 0) return file.failure(error.message, ['nodes'])
  const path = ['nodes', index]
  return file.failure(`${shownPath(path)}: ${reasonOf({ ...others, nodes: [nodes[index]!] })}`, path)
}

/** A message with the names of the file, for one that shows nothing of the file's own text. */
function withFieldNames(message: string): string {
  const pairs = Object.entries(OPTION_OF_FIELD)
  return pairs.reduce(
    (text, [field, option]) => text.replace(new RegExp(`\\b${option}\\b`, 'g'), field),
    message,
  )
}

function isRefused(options: HashRingOptions): boolean {
  return reasonOf(options) !== undefined
}

/** Why a ring with these options is refused. */
function reasonOf(options: HashRingOptions): string | undefined {
  try {
    new HashRing(options).close()
    return undefined
  } catch (error) {
    if (isDocumented(error)) return error.message
    throw error
  }
}
