/** What is wrong with the syntax of a text, in words that never hold a piece of it: it may be a secret. */

const WORDS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'is given twice',
  MULTIPLE_DOCS: 'a second document begins; the file must have one',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  BAD_ALIAS: 'is an alias, and there is no such anchor before it',
  BAD_COLLECTION_TYPE: 'a tag that does not fit its value',
  BAD_DIRECTIVE: 'a directive that is not known, or not complete',
  BAD_DQ_ESCAPE: 'an escape sequence that there is not',
  TAG_RESOLVE_FAILED: 'a tag that is not known, or does not fit its value',
  TAB_AS_INDENT: 'a tab in the indentation: use spaces',
  BAD_INDENT: 'a line that is not indented like those beside it',
  BLOCK_AS_IMPLICIT_KEY:
    'a second "name: value" where only a value can be: a line below is indented too far, or a text with ' +
    '": " in it needs quotes',
  MULTILINE_IMPLICIT_KEY:
    'a line that is no "name: value": its colon, or the space after it, is missing, or its indentation is ' +
    'wrong',
  BLOCK_IN_FLOW: 'lines of "name: value" or "- item" within [ ] or { }, or a comma is missing there',
  BAD_SCALAR_START: 'a text that begins with a character that YAML keeps for itself: quote it',
  UNEXPECTED_TOKEN: 'something that has no place here: a bracket, a comma or a text too many',
}

/** Where one code of the library stands for several mistakes. The first that fits its message counts. */
const FINER: readonly (readonly [code: string, pattern: RegExp, words: string])[] = [
  ['BAD_INDENT', /end with a \]$/, 'a [ is not closed: its ] is missing, or not indented'],
  ['BAD_INDENT', /end with a \}$/, 'a { is not closed: its } is missing, or not indented'],
  ['MISSING_CHAR', /^Missing closing "quote$/, 'a " is not closed'],
  ['MISSING_CHAR', /^Missing closing 'quote$/, "a ' is not closed"],
  ['MISSING_CHAR', /^Implicit map keys need/, 'a name without a colon and a space after it'],
]

/** What a problem of the YAML library means. */
export function syntaxWords(code: string, message: string): string {
  const finer = FINER.find((entry) => entry[0] === code && entry[1].test(message))
  return finer?.[2] ?? WORDS[code] ?? message.replace(/( in YAML |: ).*$/s, '')
}
