import { describe, expect, test } from 'vitest'
import { handWritten } from './checkers/sources'
import { leftOvers, longFiles, longFunctions, wideLines } from './checkers/style'

const files = handWritten()

describe('the style', () => {
  test('lines have at most 110 columns', () => {
    expect(wideLines(files.filter(({ path }) => /\.(rs|ts)$/.test(path)))).toEqual([])
  })

  test('files have at most 400 lines, or say why', () => {
    expect(longFiles(files)).toEqual([])
  })

  test('functions have less than 70 lines', () => {
    expect(longFunctions(files)).toEqual([])
  })

  test('nothing is left for later, and every test runs', () => {
    expect(leftOvers(files)).toEqual([])
  })
})

describe('the checks bite', () => {
  const rust = (text: string) => [{ path: 'crates/a/src/lib.rs', text }]
  const typeScript = (text: string) => [{ path: 'ts/a.ts', text }]
  const lines = (count: number) => '  x\n'.repeat(count)

  test('on a wide line, counted in characters', () => {
    expect(wideLines(rust('ü'.repeat(110)))).toEqual([])
    expect(wideLines(rust(`\n${'a'.repeat(111)}`))).toEqual([
      'crates/a/src/lib.rs:2: 111 columns, at most 110',
    ])
  })

  test('on a long file without a reason', () => {
    expect(longFiles(rust(lines(400)))).toEqual([])
    expect(longFiles(rust(lines(401)))).toHaveLength(1)
    expect(longFiles(rust(`//! Over 400 lines, because it is one table.\n${lines(401)}`))).toEqual([])
    expect(longFiles(rust(`${lines(401)}// Over 400 lines, said too late.`))).toHaveLength(1)
  })

  test('on a long function', () => {
    expect(longFunctions(rust(`fn a() {\n${lines(67)}}`))).toEqual([])
    expect(longFunctions(rust(`\nfn a() {\n${lines(68)}}`))[0]).toContain('lib.rs:2: function a has 70 lines')
    expect(longFunctions(typeScript(`function a() {\n${lines(68)}}`))).toHaveLength(1)
    expect(longFunctions(typeScript(`class A {\n  b() {\n${lines(68)}  }\n}`))[0]).toContain('function b')
    expect(longFunctions(typeScript(`const a = () => {\n${lines(68)}}`))).toHaveLength(1)
    expect(longFunctions(typeScript(`describe('a', () => {\n${lines(68)}})`))).toEqual([])
  })

  test('on notes for later and tests that do not run', () => {
    expect(leftOvers(rust(`// ${'TO' + 'DO'}: more`))).toHaveLength(1)
    expect(leftOvers(rust(`${'todo'}!()`))).toHaveLength(1)
    expect(leftOvers(rust('ring.points().skip(1)'))).toEqual([])
    expect(leftOvers(typeScript(`${'test'}.only('a', b)`))).toHaveLength(1)
    expect(leftOvers(typeScript(`${'describe'}.skip('a', b)`))).toHaveLength(1)
    expect(leftOvers(typeScript('test.skipIf(isWindows)("a", b)'))).toEqual([])
  })
})
