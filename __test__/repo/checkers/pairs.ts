/** Names that stand in two languages, read from both: what only one side has, or has otherwise, is told. */

import { type Source, finding, lineAt } from './sources'

/** What is named, with its value where it has one, and where that is. */
interface Named {
  value: string | undefined
  line: number
}

/** Names of one side, in the spelling of TypeScript. */
export interface Side {
  file: Source
  names: ReadonlyMap<string, Named>
}

/** The fields of an interface of TypeScript, by their names. */
export function fieldsOfInterface(file: Source, name: string): Side {
  return side(file, blockOf(file, `export interface ${name} {`), /^ {2}(?:readonly )?(\w+)\??:/gm)
}

/** The members of an enum of TypeScript, with their numbers. */
export function membersOfEnum(file: Source, name: string): Side {
  return side(file, blockOf(file, `export const enum ${name} {`), /^ {2}(\w+) = (-?\d+),$/gm)
}

/** The constants of a module of Rust, with their numbers: `NO_OWNER` is `NoOwner`. */
export function constantsOfModule(file: Source, name: string): Side {
  const block = blockOf(file, `pub mod ${name} {`)
  return side(file, block, /^ {4}pub const (\w+): \w+ = (-?\d+);$/gm, pascalOf)
}

/** What one side has and the other has not, or has with another value. */
export function differences(one: Side, other: Side): string[] {
  const missing = (from: Side, to: Side) =>
    [...from.names].flatMap(([name, { line }]) =>
      to.names.has(name) ? [] : [finding(from.file, line, `${name} is not in ${to.file.path}`)],
    )
  const unequal = [...one.names].flatMap(([name, { value, line }]) => {
    const there = other.names.get(name)
    if (there === undefined || there.value === value) return []
    return [finding(one.file, line, `${name} is ${value}, and ${there.value} in ${other.file.path}`)]
  })
  return [...missing(one, other), ...missing(other, one), ...unequal]
}

interface Block {
  text: string
  start: number
}

/** What is between the line that begins a block and its brace. @throws where it is not there. */
function blockOf({ path, text }: Source, head: string): Block {
  const at = text.indexOf(head)
  const end = text.indexOf('\n}', at)
  if (at < 0 || end < 0) throw new Error(`${path} has no ${head}`)
  return { text: text.slice(at, end), start: at }
}

function side(file: Source, { text, start }: Block, pattern: RegExp, spelled = (name: string) => name): Side {
  const found = [...text.matchAll(pattern)].map((match) => {
    const line = lineAt(file.text, start + match.index)
    return [spelled(match[1]!), { value: match[2], line }] as const
  })
  return { file, names: new Map(found) }
}

function pascalOf(name: string): string {
  return name.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase())
}
