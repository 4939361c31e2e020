/** What the documents say, against what is there. */

import { type Source, finding } from './sources'

/** Every error code that a text names. */
export function codesIn(texts: string[]): Set<string> {
  return new Set(texts.flatMap((text) => text.match(/\bERR_HYPERCACHE_[A-Z0-9_]*[A-Z0-9]\b/g) ?? []))
}

/** The codes that have a row of their own in a Markdown table: their first cell is the code. */
export function codesOfTable(markdown: string): Set<string> {
  return codesIn(markdown.split('\n').flatMap((line) => /^\|([^|]*)\|/.exec(line)?.[1] ?? []))
}

/** Codes that only one of the two has. */
export function codeDifferences(code: Set<string>, documented: Set<string>): string[] {
  return [
    ...[...code]
      .filter((name) => !documented.has(name))
      .map((name) => `${name} has no row in docs/errors.md`),
    ...[...documented].filter((name) => !code.has(name)).map((name) => `${name} is in docs/errors.md only`),
  ]
}

/** Commands of a document that package.json does not have. */
export function unknownScripts(documents: Source[], scripts: string[]): string[] {
  return documents.flatMap((file) =>
    file.text
      .split('\n')
      .flatMap((line, index) =>
        [...line.matchAll(/\bnpm run(?: --silent| -s)? ([a-z][\w:-]*)/g)]
          .filter(([, name]) => !scripts.includes(name!))
          .map(([, name]) => finding(file, index + 1, `package.json has no script ${name}`)),
      ),
  )
}

/** The commands of the command line tool: the name that each file under `ts/cli` gives. */
export function commandsIn(files: Source[]): string[] {
  return files.flatMap(({ text }) => [...text.matchAll(/\.command\('([a-z]+)/g)].map(([, name]) => name!))
}

/** The types of events: those whose payloads are checked. */
export function eventTypesIn(payloads: Source): string[] {
  return [...payloads.text.matchAll(/^ {2}'([a-z]+:[a-z]+)':/gm)].map(([, type]) => type!)
}

/** Names that a document does not have as code, alone or at the end of a command. */
export function unnamedIn(document: Source, names: string[]): string[] {
  return names
    .filter((name) => !new RegExp(`\`(hypercache |[a-z]+ )*${name}\\b`).test(document.text))
    .map((name) => `${document.path}: nothing about ${name}`)
}
