import { describe, expect, test } from 'vitest'
import { GOSSIP_TIMERS, nativeTimer } from '../../dist/config/gossip-fields.js'
import { type Side, constantsOfModule, differences, fieldsOfInterface, membersOfEnum } from './checkers/pairs'
import { type Source, source } from './checkers/sources'

const native = source('ts/native.ts')
const calls = source('crates/hypercache_napi/src/calls.rs')
const environment = source('crates/hypercache_napi/src/environment.rs')

/** The timers of the table, as native code is told them. */
function timers(names: readonly string[]): Side {
  const told = [...names.map((name) => nativeTimer(name).name), 'suspicionMaxMs']
  const file = source('ts/config/gossip-fields.ts')
  return { file, names: new Map(told.map((name) => [name, { value: undefined, line: 1 }])) }
}

const nativeTimers = fieldsOfInterface(source('index.d.ts'), 'NativeTiming')

describe('both languages name', () => {
  test('the same reasons why a lookup has no answer', () => {
    const inRust = constantsOfModule(calls, 'reason')
    expect(inRust.names.size).toBeGreaterThan(5)
    expect(differences(membersOfEnum(native, 'Reason'), inRust)).toEqual([])
  })

  test('the same places in the mailbox', () => {
    const inRust = constantsOfModule(environment, 'place')
    expect(inRust.names.size).toBeGreaterThan(3)
    expect(differences(membersOfEnum(native, 'Place'), inRust)).toEqual([])
  })

  test('the same timers of gossip', () => {
    expect(nativeTimers.names.size).toBeGreaterThan(10)
    expect(differences(timers(Object.keys(GOSSIP_TIMERS)), nativeTimers)).toEqual([])
  })
})

describe('the check bites', () => {
  const constants = ['/// Text.', 'pub const NO_OWNER: i32 = -1;', 'pub const PANIC: i32 = -7;']
  const rust: Source = {
    path: 'crates/a/src/a.rs',
    text: `pub mod reason {\n${constants.map((line) => `    ${line}\n`).join('')}}\n`,
  }
  const typescript = (members: string): Source => ({
    path: 'ts/a.ts',
    text: `export const enum Reason {\n${members}}\n`,
  })
  const compared = (members: string) =>
    differences(membersOfEnum(typescript(members), 'Reason'), constantsOfModule(rust, 'reason'))

  test('on a name that one side lacks, and on a number that differs', () => {
    expect(compared('  NoOwner = -1,\n  /** Text. */\n  Panic = -7,\n')).toEqual([])
    expect(compared('  NoOwner = -1,\n')).toEqual(['crates/a/src/a.rs:4: Panic is not in ts/a.ts'])
    expect(compared('  NoOwner = -1,\n  Panic = -7,\n  Lost = -8,\n')).toEqual([
      'ts/a.ts:4: Lost is not in crates/a/src/a.rs',
    ])
    expect(compared('  NoOwner = -2,\n  Panic = -7,\n')).toEqual([
      'ts/a.ts:2: NoOwner is -2, and -1 in crates/a/src/a.rs',
    ])
  })

  test('on a block that is not there', () => {
    expect(() => constantsOfModule(rust, 'place')).toThrow('crates/a/src/a.rs has no pub mod place {')
  })

  test('on a timer that only one side has', () => {
    const names = Object.keys(GOSSIP_TIMERS)
    expect(differences(timers([...names, 'nap_seconds']), nativeTimers)).toEqual([
      expect.stringMatching(/napMs is not in index\.d\.ts$/),
    ])
    expect(differences(timers(names.slice(1)), nativeTimers)).toEqual([
      expect.stringMatching(/^index\.d\.ts:\d+: probeIntervalMs is not in ts\/config\/gossip-fields\.ts$/),
    ])
  })
})
