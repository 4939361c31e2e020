/** Ring files: YAML or JSON, bounded, checked, with the line of every mistake. */

import { syntaxWords } from '../config/syntax-words.js'
import { type Place, UnreadableFile, readTextFile } from '../config/text-file.js'
import { YamlText } from '../config/yaml-text.js'
import { HashRing } from '../ring/hash-ring.js'
import type { HashRingOptions, NodeSpec } from '../types.js'
import { codeOf } from '../system-reason.js'
import { isDocumented, usageError } from './failure.js'
import { FieldError, OPTION_OF_FIELD, type Path, optionsOf, shownPath } from './ring-fields.js'

/** Largest ring file. Parsing takes some eighty times its size in memory. */
const FILE_BYTES_MAX = 16 << 20

/** Mistakes of syntax that the library describes for programmers. */
const OURS: ReadonlySet<string> = new Set(['MULTIPLE_DOCS', 'RESOURCE_EXHAUSTION'])

type RingOptions = HashRingOptions & { nodes: NodeSpec[] }

/** The ring that a file describes. @throws CliFailure that names file, line and mistake. */
export function readRing(path: string): HashRing {
  const file = parse(path, readText(path))
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

function readText(path: string): string {
  try {
    return readTextFile('the ring file', path, FILE_BYTES_MAX)
  } catch (error) {
    if (error instanceof UnreadableFile) throw usageError(error.message, error)
    throw error
  }
}

function parse(path: string, text: string): ParsedFile {
  const yaml = new YamlText(text)
  const failAt = (message: string, place: Place | undefined) => {
    return usageError(place === undefined ? `${path}: ${message}` : `${path}:${place.line}: ${message}`)
  }
  const problem = yaml.problems[0]
  if (problem !== undefined) {
    const { code, message, place } = problem
    throw failAt(OURS.has(code) ? syntaxWords(code, message) : message, place)
  }
  return { content: yaml.content, failure: (message, at) => failAt(message, yaml.placeOfKey(at)) }
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
