/**
 * Circles of modules inside a crate.
 *
 * A module is a file. It has an edge to the module that *defines* a name which it uses: in `use`, `pub use`
 * or a path in the code that begins with `crate`, `super`, `self` or a module that the file declares. A name
 * that is re-exported counts as where it is defined, so what comes through a parent or `lib.rs` is no edge to
 * those.
 * `mod x;` alone is no use of `x`. A module that is named as such, or a `*`, is an edge to it. What tests use
 * does not count. Of methods in `impl` blocks elsewhere nothing is seen: they come with the type.
 */

import { blanked, closingBrace } from './rust'
import { type Source, lineAt } from './sources'

/** A name that a file binds by `use`, and the path that it stands for. */
interface Binding {
  name: string
  path: string[]
}

interface Module {
  /** From the root of the crate: `['ring', 'plan']`. */
  path: string[]
  file: Source
  /** Without comments, strings and tests. */
  code: string
  /** Modules that it declares, as files of their own. */
  children: Set<string>
  bindings: Binding[]
  uses: Use[]
}

/** Something that a file uses, as a path from the root of the crate. */
interface Use {
  path: string[]
  line: number
}

interface Edge {
  to: string
  line: number
}

const key = (path: string[]) => path.join('::')

/** The modules of the crates, by the folder of the crate and then by their paths. */
function modulesOf(files: Source[]): Map<string, Map<string, Module>> {
  const crates = new Map<string, Map<string, Module>>()
  const testFiles = new Set<string>()
  for (const file of files) {
    const found = /^(.*)\/src\/(.+)\.rs$/.exec(file.path)
    // A program uses its library by the name of the crate.
    if (found === null || found[2] === 'main') continue
    const path = found[2]!.split('/').filter((part) => part !== 'mod' && part !== 'lib')
    const whole = blanked(file.text)
    for (const test of whole.matchAll(/#\[cfg\(test\)\]\s*mod (\w+);/g))
      testFiles.add(`${found[1]} ${key([...path, test[1]!])}`)
    const code = withoutTests(whole).replace(/\bpub\(in [^)]*\)/g, (text) => ' '.repeat(text.length))
    const children = new Set([...code.matchAll(/\bmod (\w+);/g)].map(([, name]) => name!))
    const module: Module = { path, file, code, children, bindings: [], uses: [] }
    readUses(module)
    readPaths(module)
    const modules = crates.get(found[1]!) ?? new Map<string, Module>()
    crates.set(found[1]!, modules.set(key(path), module))
  }
  for (const [crate, modules] of crates)
    for (const name of modules.keys()) if (testFiles.has(`${crate} ${name}`)) modules.delete(name)
  return crates
}

function withoutTests(code: string): string {
  let rest = code
  for (const { index } of code.matchAll(/#\[cfg\(test\)\]\s*(?:pub )?mod \w+ *[{;]/g)) {
    const open = rest.slice(index).search(/[{;]/) + index
    const end = rest[open] === '{' ? closingBrace(rest, open) : open + 1
    rest = rest.slice(0, index) + rest.slice(index, end).replace(/[^\n]/g, ' ') + rest.slice(end)
  }
  return rest
}

/** The path from the root that a path in a file stands for; nothing where it leads out of the crate. */
function absolute(module: Module, path: string[], index: number): string[] | undefined {
  const inner = [...module.code.matchAll(/\bmod (\w+) *\{/g)].filter((found) => {
    const open = found.index + found[0].length - 1
    return found.index < index && index < closingBrace(module.code, open)
  })
  const base = [...module.path, ...inner.map(() => '')]
  const [first = '', ...rest] = path
  if (first === 'crate') return rest
  if (first === 'self') return [...module.path, ...rest]
  if (first === 'super') {
    const ups = path.findIndex((part) => part !== 'super')
    const count = ups === -1 ? path.length : ups
    return [...base.slice(0, Math.max(0, base.length - count)).filter(Boolean), ...path.slice(count)]
  }
  return module.children.has(first) ? [...module.path, ...path] : undefined
}

/** Reads the `use` declarations, and blanks them out of the code that is left. */
function readUses(module: Module): void {
  const declarations = [...module.code.matchAll(/\buse ([^;]+);/g)]
  for (const found of declarations) {
    for (const { name, path } of leaves(found[1]!.replace(/\s+/g, ' '))) {
      const whole = absolute(module, path, found.index)
      if (whole === undefined) continue
      module.bindings.push({ name, path: whole })
      module.uses.push({ path: whole, line: lineAt(module.code, found.index) })
    }
  }
  module.code = module.code.replace(/\buse ([^;]+);/g, (text) => text.replace(/[^\n]/g, ' '))
}

/** The single names of `a::{b, c as d, e::*}`. */
function leaves(tree: string, before: string[] = []): Binding[] {
  const open = tree.indexOf('{')
  if (open === -1) {
    const [text, alias] = tree.trim().split(/ as /)
    const parts = [...before, ...text!.trim().split('::')]
    const path = parts.at(-1) === 'self' && parts.length > 1 ? parts.slice(0, -1) : parts
    return [{ name: (alias ?? path.at(-1)!).trim(), path }]
  }
  const head = tree.slice(0, open).trim().split('::').filter(Boolean)
  const branches: string[] = ['']
  let depth = 0
  for (const character of tree.slice(open + 1, tree.lastIndexOf('}'))) {
    if (character === ',' && depth === 0) branches.push('')
    else branches[branches.length - 1] += character
    if (character === '{') depth += 1
    if (character === '}') depth -= 1
  }
  return branches
    .filter((branch) => branch.trim() !== '')
    .flatMap((branch) => leaves(branch, [...before, ...head]))
}

/** Reads paths that stand in the code. */
function readPaths(module: Module): void {
  for (const found of module.code.matchAll(/(?<![\w:])(?:\w+::)+\w+/g)) {
    const path = absolute(module, found[0].split('::'), found.index)
    if (path !== undefined) module.uses.push({ path, line: lineAt(module.code, found.index) })
  }
}

/** The module that defines what a path names. */
function definer(modules: Map<string, Module>, path: string[], seen = new Set<string>()): string | undefined {
  let depth = 0
  while (depth < path.length && modules.has(key(path.slice(0, depth + 1)))) depth += 1
  const module = modules.get(key(path.slice(0, depth)))
  const name = path[depth]
  if (module === undefined || name === undefined || name === '*' || seen.has(key(path)))
    return module && key(module.path)
  seen.add(key(path))
  const bound = module.bindings.find((binding) => binding.name === name)
  if (bound !== undefined) return definer(modules, [...bound.path, ...path.slice(depth + 1)], seen)
  return key(module.path)
}

function edgesOf(modules: Map<string, Module>): Map<string, Edge[]> {
  const edges = [...modules].map(([name, { uses }]): [string, Edge[]] => {
    const to = uses.map(({ path, line }) => ({ to: definer(modules, path), line }))
    return [name, to.filter((edge): edge is Edge => edge.to !== undefined && edge.to !== name)]
  })
  return new Map(edges)
}

/** The shortest way back to where it begins. */
function circleFrom(edges: Map<string, Edge[]>, start: string): string[] | undefined {
  const ways: string[][] = [[start]]
  const seen = new Set<string>()
  for (const way of ways) {
    for (const { to } of edges.get(way.at(-1)!) ?? []) {
      if (to === start) return way
      if (!seen.has(to)) ways.push([...way, to])
      seen.add(to)
    }
  }
  return undefined
}

/** How many uses of one module by another there are, in all crates. */
export function moduleEdgeCount(files: Source[]): number {
  const crates = [...modulesOf(files).values()]
  return crates.flatMap((modules) => [...edgesOf(modules).values()].flat()).length
}

/** Circles of modules, each file by file, with the line that leads on to the next. */
export function moduleCircles(files: Source[]): string[] {
  return [...modulesOf(files).values()].flatMap((modules) => {
    const edges = edgesOf(modules)
    const told = new Set<string>()
    return [...edges.keys()].sort().flatMap((start) => {
      const circle = told.has(start) ? undefined : circleFrom(edges, start)
      if (circle === undefined) return []
      circle.forEach((name) => told.add(name))
      const steps = circle.map((name, number) => {
        const next = circle[(number + 1) % circle.length]
        const line = edges.get(name)!.find(({ to }) => to === next)!.line
        return `${modules.get(name)!.file.path}:${line}`
      })
      return [`circle of modules: ${[...steps, modules.get(start)!.file.path].join(' -> ')}`]
    })
  })
}
