/** Sizes and left-overs: what keeps a file readable at one sitting. */

import ts from 'typescript'
import { rustFunctions } from './rust'
import { type Source, finding, lineAt, linesMatching } from './sources'

const columnsMax = 110
const fileLinesMax = 400
const functionLinesMax = 69
/** A file that has to be longer says why in its head, with these words. */
const reasonForLength = /over 400 lines/i
const headLines = 20

/** Lines wider than 110 columns. */
export function wideLines(files: Source[]): string[] {
  return files.flatMap((file) =>
    file.text.split('\n').flatMap((line, index) => {
      const columns = [...line].length
      return columns > columnsMax
        ? [finding(file, index + 1, `${columns} columns, at most ${columnsMax}`)]
        : []
    }),
  )
}

/** Files over 400 lines without the words "over 400 lines" and a reason in their head. */
export function longFiles(files: Source[]): string[] {
  return files.flatMap((file) => {
    const lines = file.text.trimEnd().split('\n')
    if (lines.length <= fileLinesMax || reasonForLength.test(lines.slice(0, headLines).join('\n'))) return []
    const rule = `at most ${fileLinesMax}, or the reason in the head ("over 400 lines, because …")`
    return [finding(file, 1, `${lines.length} lines, ${rule}`)]
  })
}

/** Functions of 70 lines and more. */
export function longFunctions(files: Source[]): string[] {
  return files.flatMap((file) => {
    const functions = file.path.endsWith('.rs') ? rustFunctions(file) : typeScriptFunctions(file)
    return functions
      .filter(({ lineCount }) => lineCount > functionLinesMax)
      .map(({ name, line, lineCount }) =>
        finding(file, line, `function ${name} has ${lineCount} lines, at most ${functionLinesMax}`),
      )
  })
}

interface FunctionSize {
  name: string
  line: number
  lineCount: number
}

/** Every function, whatever its form; but not what is given to `describe`, which only groups tests. */
function typeScriptFunctions(file: Source): FunctionSize[] {
  const parsed = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true)
  const found: FunctionSize[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isFunctionLike(node) && !isGroupOfTests(node)) {
      const start = node.getStart(parsed)
      const lineCount = file.text.slice(start, node.end).split('\n').length
      found.push({
        name: node.name?.getText(parsed) ?? '(anonymous)',
        line: lineAt(file.text, start),
        lineCount,
      })
    }
    ts.forEachChild(node, visit)
  }
  visit(parsed)
  return found
}

function isGroupOfTests(node: ts.Node): boolean {
  return ts.isCallExpression(node.parent) && /^describe\b/.test(node.parent.expression.getText())
}

/** Work left for later, and tests that are focused or left out. */
export function leftOvers(files: Source[]): string[] {
  const later = new RegExp(['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX'].map((word) => `\\b${word}\\b`).join('|'))
  const unfinished = /\b(todo|unimplemented)!\s*\(/
  const notRun = /\b(test|it|describe|suite|bench)(\.\w+)*\.(only|skip|todo)\b/
  return files.flatMap((file) => [
    ...linesMatching(file, later, 'a note for later: do it now, or write an issue'),
    ...(file.path.endsWith('.rs')
      ? linesMatching(file, unfinished, 'unfinished code')
      : linesMatching(file, notRun, 'a test that is focused or left out')),
  ])
}
