/** Rules about the crates: the core is pure, the binding is small and lets no panic out. */

import { type Source, finding, lineAt, linesMatching } from './sources'

/**
 * The text with comments, strings and characters blanked out: what is left of `{`, `fn` and the like is code.
 * Places and lines stay where they are.
 */
export function blanked(text: string): string {
  const quiet = new RegExp(
    [
      String.raw`\/\/[^\n]*`,
      String.raw`\/\*[\s\S]*?\*\/`,
      String.raw`\br(#*)"[\s\S]*?"\1`,
      String.raw`"(?:\\[\s\S]|[^"\\])*"`,
      String.raw`'(?:\\(?:u\{[^}]*\}|x..|.)|[^\\'\n])'`,
    ].join('|'),
    'g',
  )
  return text.replace(quiet, (found) => found.replace(/[^\n]/g, ' '))
}

/** What of the world outside the core names: no JavaScript, no I/O, no clock. */
export function impureUses(core: Source[]): string[] {
  const world = /\bnapi(_derive|_build)?\b|\bstd::(\{[^}]*\b)?(fs|net|time|env|process)\b/
  return core.flatMap((file) => {
    const code = { path: file.path, text: blanked(file.text) }
    return linesMatching(code, world, 'hypercache_core knows no napi, no I/O and no clock')
  })
}

/** What a runtime gives, in an engine: sockets, clocks, threads. Addresses and durations are only values. */
export function drivenUses(engines: Source[]): string[] {
  const runtime =
    /\b(tokio|Instant|SystemTime|SysRng|(Udp|Tcp)\w+)\b|\bstd::(\{[^}]*\b)?(fs|thread|env|process|io)\b/
  return engines.flatMap((file) => {
    const code = { path: file.path, text: blanked(file.text) }
    return linesMatching(
      code,
      runtime,
      'an engine does no I/O and has no clock: what it needs is given to it',
    )
  })
}

/** The part of all non-blank Rust lines that is in the binding, 0 to 1. */
export function bindingShare(files: Source[]): number {
  const lines = (some: Source[]) =>
    some.reduce((sum, { text }) => sum + text.split('\n').filter((line) => line.trim() !== '').length, 0)
  return lines(files.filter(({ path }) => path.startsWith('crates/hypercache_napi/'))) / lines(files)
}

/** Functions given to JavaScript from which a panic could get out and end the process. */
export function unguardedExports(binding: Source[]): string[] {
  const exported =
    /#\[napi(?:\(([^\]]*)\))?\]\s*(?:#\[[^\]]*\]\s*)*(?:pub\s+)?(?:async\s+|unsafe\s+)*fn\s+(\w+)/g
  return binding.flatMap((file) => {
    const code = blanked(file.text)
    return [...code.matchAll(exported)]
      .filter(([, options = '']) => !/\bcatch_unwind\b/.test(options))
      .map((found) =>
        finding(file, lineAt(code, found.index), `#[napi] fn ${found[2]} does not say catch_unwind`),
      )
  })
}

/** Callbacks of plain N-API that do not go through `answer`, which catches a panic. */
export function unguardedCallbacks(binding: Source[]): string[] {
  return binding.flatMap((file) =>
    rustFunctions(file)
      .filter(({ signature }) => /extern\b/.test(signature) && /\bnapi_callback_info\b/.test(signature))
      .filter(({ body }) => !/\banswer\(/.test(body))
      .map(({ name, line }) => finding(file, line, `callback ${name} does not go through answer()`)),
  )
}

/** A function with its body, comments and strings blanked out. */
export interface RustFunction {
  name: string
  /** Where it begins, from 1. */
  line: number
  lineCount: number
  signature: string
  body: string
}

/** Every function that has a body, those inside others too. */
export function rustFunctions(file: Source): RustFunction[] {
  const code = blanked(file.text)
  const heads = code.matchAll(
    /^[ \t]*(?:pub(?:\([^)]*\))?\s+)?(?:(?:const|async|unsafe|extern)\s+)*fn\s+(\w+)/gm,
  )
  return [...heads].flatMap((head) => {
    const open = bodyOf(code, head.index + head[0].length)
    if (open === undefined) return []
    const end = closingBrace(code, open)
    const start = head.index + (head[0].length - head[0].trimStart().length)
    return {
      name: head[1]!,
      line: lineAt(code, start),
      lineCount: code.slice(start, end).split('\n').length,
      signature: code.slice(start, open),
      body: code.slice(open, end),
    }
  })
}

/** Where the body after a signature opens; nothing where there is only a declaration. */
function bodyOf(code: string, from: number): number | undefined {
  let depth = 0
  for (let place = from; place < code.length; place += 1) {
    const character = code[place]!
    if ('(['.includes(character)) depth += 1
    else if (')]'.includes(character)) depth -= 1
    else if (depth === 0 && character === '{') return place
    else if (depth === 0 && character === ';') return undefined
  }
  return undefined
}

/** Where the braces that open there are closed. */
export function closingBrace(code: string, open: number): number {
  let depth = 0
  for (let place = open; place < code.length; place += 1) {
    if (code[place] === '{') depth += 1
    else if (code[place] === '}' && (depth -= 1) === 0) return place + 1
  }
  return code.length
}
