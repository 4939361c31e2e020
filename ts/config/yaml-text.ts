/** YAML and JSON texts as plain data, with the place of everything in them. */

import type * as Yaml from 'yaml'

import type { Place } from './text-file.js'

/** Where in a text something is: names and indexes from the top. */
export type Path = readonly (string | number)[]

/** Something that is wrong with a text itself. */
export interface YamlProblem {
  /** As the library names it: `DUPLICATE_KEY`, `BAD_ALIAS`, `TAG_RESOLVE_FAILED`, … */
  readonly code: string
  /** For people. May show a piece of the text. */
  readonly message: string
  /** Empty where it is not known. */
  readonly path: Path
  readonly place?: Place
}

/** Problems that leave the rest of the text as it is. */
const SINGLE = new Set(['DUPLICATE_KEY', 'BAD_ALIAS', 'TAG_RESOLVE_FAILED'])

/** Where an entry of a mapping or a list is. */
interface Spot {
  key: number | undefined
  value: number | undefined
}

/**
 * A text that has been parsed. Whole numbers are bigints: a seed has 64 bits. An alias is the very object
 * that its anchor made, so aliases of aliases take no memory, and may go in circles.
 */
export class YamlText {
  /** What it holds; nothing where it is empty, or cannot be parsed at all. */
  readonly content: unknown
  readonly #problems: YamlProblem[] = []
  readonly #lines: Yaml.LineCounter
  readonly #root: Spot = { key: undefined, value: undefined }
  readonly #spots = new WeakMap<object, Map<string | number, Spot>>()
  readonly #anchors = new Map<string, unknown>()

  constructor(text: string) {
    const { LineCounter } = yaml()
    this.#lines = new LineCounter()
    this.content = this.#parsed(text)
  }

  /** What is wrong with it, in its order. */
  get problems(): readonly YamlProblem[] {
    return this.#problems
  }

  /** Whether the content is what the text says: only single entries are wrong, if any. */
  get isReadable(): boolean {
    return this.#problems.every(({ code }) => SINGLE.has(code))
  }

  /** Where the key of an entry is, or the entry of a list; of the nearest around it that is in the text. */
  placeOfKey(path: Path): Place | undefined {
    return this.#placeOf(this.#spotsOn(path), ({ key, value }) => key ?? value)
  }

  /** Where the value of an entry is, or the whole; where its key is, if there is nothing behind it. */
  placeOfValue(path: Path): Place | undefined {
    return this.#placeOf([this.#root, ...this.#spotsOn(path)], ({ key, value }) => value ?? key)
  }

  /** Whether nothing stands behind a key. */
  isBlank(path: Path): boolean {
    const spot = this.#spotsOn(path).at(-1)
    return spot !== undefined && spot.value === undefined
  }

  #parsed(text: string): unknown {
    try {
      const document = yaml().parseDocument(text, {
        intAsBigInt: true,
        lineCounter: this.#lines,
        logLevel: 'error',
        prettyErrors: false,
        // The library compares each key with all others; here they are put in a set.
        uniqueKeys: false,
      })
      this.#addSyntax([...document.errors, ...document.warnings])
      this.#root.value = offsetOf(document.contents)
      return this.#valueOf(document.contents, [])
    } catch (error) {
      // Too many levels for the stack of the parser, which it does not catch itself.
      if (!(error instanceof RangeError)) throw error
      this.#add('RESOURCE_EXHAUSTION', 'Too many levels', [])
      return undefined
    }
  }

  /** One problem a place: the library often has several for one mistake, or one for each level around it. */
  #addSyntax(errors: readonly Yaml.YAMLError[]): void {
    const places = new Set<string>()
    for (const { code, message, pos } of errors) {
      const place = `${SINGLE.has(code)} ${pos[0]}`
      if (places.has(place)) continue
      places.add(place)
      this.#add(code, message, [], pos[0])
      // What follows is what the parser makes of a text that it gave up.
      if (code === 'RESOURCE_EXHAUSTION') return
    }
  }

  #valueOf(node: unknown, path: Path): unknown {
    const { isAlias, isMap, isScalar, isSeq } = yaml()
    if (isAlias(node)) return this.#aliased(node, path)
    if (isMap(node)) return this.#mapping(node, path)
    if (isSeq(node)) return this.#list(node, path)
    const value = isScalar(node) ? node.value : null
    if (isScalar(node) && node.anchor !== undefined) this.#anchors.set(node.anchor, value)
    return value
  }

  #aliased(node: Yaml.Alias, path: Path): unknown {
    if (this.#anchors.has(node.source)) return this.#anchors.get(node.source)
    const message = `Unresolved alias (the anchor must be set before the alias): ${node.source}`
    this.#add('BAD_ALIAS', message, path, node.range?.[0])
    return null
  }

  #mapping(node: Yaml.YAMLMap, path: Path): object {
    const fields: Record<string, unknown> = {}
    const spots = this.#opened(fields, node.anchor)
    for (const pair of node.items) {
      const name = nameOf(pair.key)
      const spot = { key: offsetOf(pair.key), value: offsetOf(pair.value) }
      const inner = [...path, name]
      if (spots.has(name)) this.#add('DUPLICATE_KEY', 'Map keys must be unique', inner, spot.key)
      spots.set(name, spot)
      // Not by assignment, which a key named __proto__ would turn into something else.
      const value = this.#valueOf(pair.value, inner)
      Object.defineProperty(fields, name, { value, enumerable: true, configurable: true, writable: true })
    }
    return fields
  }

  #list(node: Yaml.YAMLSeq, path: Path): unknown[] {
    const items: unknown[] = []
    const spots = this.#opened(items, node.anchor)
    node.items.forEach((item, index) => {
      spots.set(index, { key: undefined, value: offsetOf(item) })
      items.push(this.#valueOf(item, [...path, index]))
    })
    return items
  }

  /** Notes a new mapping or list, before what is in it: an alias inside may mean the whole. */
  #opened(container: object, anchor: string | undefined): Map<string | number, Spot> {
    const spots = new Map<string | number, Spot>()
    this.#spots.set(container, spots)
    if (anchor !== undefined) this.#anchors.set(anchor, container)
    return spots
  }

  /** The spots on the way to an entry, as far as the text has them. */
  #spotsOn(path: Path): Spot[] {
    const found: Spot[] = []
    let container = this.content
    for (const part of path) {
      if (typeof container !== 'object' || container === null) break
      const spot = this.#spots.get(container)?.get(part)
      if (spot === undefined) break
      found.push(spot)
      container = (container as Record<string | number, unknown>)[part]
    }
    return found
  }

  #placeOf(spots: Spot[], offsetIn: (spot: Spot) => number | undefined): Place | undefined {
    const offset = spots.map(offsetIn).findLast((found) => found !== undefined)
    return offset === undefined ? undefined : this.#placeAt(offset)
  }

  #placeAt(offset: number): Place | undefined {
    const { line, col } = this.#lines.linePos(offset)
    return line > 0 ? { line, column: col } : undefined
  }

  #add(code: string, message: string, path: Path, offset?: number): void {
    const place = offset === undefined ? undefined : this.#placeAt(offset)
    this.#problems.push({ code, message, path, ...(place && { place }) })
  }
}

/** The library, at first use: who only places keys need not load it. */
function yaml(): typeof Yaml {
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- an import would load it at once
  return require('yaml') as typeof Yaml
}

/** A key as a name. One that is a mapping, a list or an alias is none that anybody knows. */
function nameOf(key: unknown): string {
  return yaml().isScalar(key) ? String(key.value).trim() : '(a key that is no text)'
}

/** Where a node begins; nowhere where nothing is written. */
function offsetOf(node: unknown): number | undefined {
  const { isNode, isScalar } = yaml()
  if (!isNode(node) || !node.range) return undefined
  return isScalar(node) && node.source === '' && node.type === 'PLAIN' ? undefined : node.range[0]
}
