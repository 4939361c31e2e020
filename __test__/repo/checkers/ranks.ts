/**
 * Which way imports go under `ts/`.
 *
 * A file imports from its own folder or from a lower rank, never from another folder of its rank: what flows
 * up are events and return values. Folders in a folder know the files around them, and not each other. The
 * addon has one door, `ts/native.ts`. The files of `@hypercache/ring` import each other, the addon and Node,
 * and nothing else.
 */

import { posix } from 'node:path'
import ts from 'typescript'
import { type Source, finding, lineAt, linesMatching } from './sources'

const byRank = [
  [],
  ['ring', 'config', 'events', 'transport'],
  ['membership', 'routing', 'store'],
  ['metrics', 'health', 'forwarding'],
  ['coordinator'],
  ['http', 'resp', 'wire'],
  ['cli', 'index.ts'],
]

const rankOf = new Map(byRank.flatMap((units, rank) => units.map((unit) => [unit, rank] as const)))

/** The files that all others may use. */
const ground = new Set([
  ...['native.ts', 'errors.ts', 'types.ts', 'cluster-types.ts', 'clock.ts', 'checks.ts'],
  ...[
    'addresses.ts',
    'frozen.ts',
    'json.ts',
    'listeners.ts',
    'node-runtime.ts',
    'async-queue.ts',
    'fifo.ts',
    'byte-order.ts',
    'system-reason.ts',
  ],
])

/** Those of them that are part of `@hypercache/ring`, as the folder `ring` is. */
const ringGround = new Set([
  ...['async-queue.ts', 'checks.ts', 'clock.ts', 'errors.ts', 'fifo.ts', 'frozen.ts', 'listeners.ts'],
  ...['native.ts', 'types.ts'],
])

/** Whether a file is part of `@hypercache/ring`. */
export function isOfRing(path: string): boolean {
  return path.startsWith('ts/ring/') || ringGround.has(path.replace(/^ts\//, ''))
}

/** What stands or falls together: a folder, `index.ts`, or the files of rank 0. */
interface Unit {
  name: string
  rank: number
  /** The folder in the folder, if it is in one. */
  part?: string
}

function unitOf(path: string): Unit | undefined {
  const [, first = '', ...rest] = path.split('/')
  if (ground.has(first)) return { name: 'rank 0', rank: 0 }
  const rank = rankOf.get(first)
  if (rank === undefined) return undefined
  return rest.length > 1 ? { name: first, rank, part: rest[0]! } : { name: first, rank }
}

/** A text between quotes that names a module, and where it is. */
interface Import {
  specifier: string
  line: number
}

/** Every module that a file names: `import`, `export … from`, `import()`, `import type`, `require()`. */
export function importsOf(file: Source): Import[] {
  const parsed = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
  const found: Import[] = []
  const add = (node: ts.Node | undefined) => {
    if (node === undefined || !ts.isStringLiteralLike(node)) return
    found.push({ specifier: node.text, line: lineAt(file.text, node.getStart(parsed)) })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) add(node.moduleSpecifier)
    else if (ts.isExternalModuleReference(node)) add(node.expression)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal)
    else if (ts.isCallExpression(node) && isLoading(node.expression)) add(node.arguments[0])
    ts.forEachChild(node, visit)
  }
  visit(parsed)
  return found
}

function isLoading(called: ts.Expression): boolean {
  if (called.kind === ts.SyntaxKind.ImportKeyword) return true
  return /^require(\.resolve)?$/.test(called.getText())
}

/** The path of the file that `path` names by a relative specifier. */
export function targetOf(path: string, specifier: string): string {
  return posix.join(posix.dirname(path), specifier).replace(/\.js$/, '.ts')
}

/** The imports of files under `ts/` that break a rule. */
export function brokenImports(files: Source[]): string[] {
  return files.flatMap((file) => {
    const from = unitOf(file.path)
    if (from === undefined) return [finding(file, 1, `this place has no rank: give it one in ${tableFile}`)]
    const loaders = file.path === 'ts/native.ts' ? [] : otherLoaders(file)
    const broken = importsOf(file).flatMap(({ specifier, line }) => {
      const rule = ruleBroken(file.path, from, specifier) ?? ringLeft(file.path, specifier)
      return rule === undefined ? [] : [finding(file, line, `imports ${specifier}: ${rule}`)]
    })
    return [...broken, ...loaders]
  })
}

/** Ways to load a module, or an addon, past what is looked at here. */
function otherLoaders(file: Source): string[] {
  return linesMatching(file, /\b(createRequire|dlopen)\b/, 'only ts/native.ts loads the addon')
}

const tableFile = '__test__/repo/checkers/ranks.ts'

function ruleBroken(path: string, from: Unit, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined
  const target = targetOf(path, specifier)
  if (target === 'index.ts') {
    return path === 'ts/native.ts' ? undefined : 'only ts/native.ts imports the addon'
  }
  if (target === 'package.json') return undefined
  if (!target.startsWith('ts/')) return 'nothing outside ts/ is part of the package'
  const to = unitOf(target)
  if (to === undefined) return `the target has no rank: give it one in ${tableFile}`
  if (to.rank < from.rank) return undefined
  if (to.name === from.name) {
    if (to.part === undefined || to.part === from.part) return undefined
    return `a file of ${from.name} imports from its own folder or the one around it, not from ${to.part}`
  }
  const ranks = `${from.name} has rank ${from.rank}, ${to.name} has rank ${to.rank}`
  return to.rank === from.rank
    ? `folders of one rank do not import each other (${ranks})`
    : `a file imports from its own folder or a lower rank (${ranks})`
}

/** How a file of `@hypercache/ring` needs what that package does not have. */
function ringLeft(path: string, specifier: string): string | undefined {
  if (!isOfRing(path) || specifier.startsWith('node:')) return undefined
  if (!specifier.startsWith('.')) return '@hypercache/ring depends on no other package'
  const target = targetOf(path, specifier)
  if (target === 'index.ts' || isOfRing(target)) return undefined
  return `${path} is part of @hypercache/ring, and ${target} is not`
}
