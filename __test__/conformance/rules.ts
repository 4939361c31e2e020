/** What the conformance suites share: a suite is a list of rules, each a test of its own. */

import { test } from 'vitest'

/** One rule of a contract. `run` throws where what `make` gives breaks it. */
export interface Rule<T> {
  /** Reads after "it": "tells every change once". */
  name: string
  run: (make: () => T | Promise<T>) => Promise<void>
}

/** Something under test, and how to let it go. */
export interface Closable {
  /** Lets go of what the factory made beside the thing itself. */
  close?: () => void | Promise<void>
}

/** Makes a rule of a function that is given what the factory makes, and that need not clean up. */
export function rule<T extends Closable>(name: string, check: (made: T) => void | Promise<void>): Rule<T> {
  return {
    name,
    run: async (make) => {
      const made = await make()
      try {
        await check(made)
      } catch (error) {
        // What broke a rule may never come to its end.
        void Promise.resolve(made.close?.()).catch(() => undefined)
        throw error
      }
      await made.close?.()
    },
  }
}

/** Registers a test for each rule. */
export function registerRules<T>(rules: readonly Rule<T>[], make: () => T | Promise<T>): void {
  for (const { name, run } of rules) test(name, () => run(make))
}

/** A promise, and the function that settles it. */
export function latch(): { opened: Promise<void>; open: () => void } {
  let open = () => undefined as void
  const opened = new Promise<void>((resolve) => (open = resolve))
  return { opened, open }
}

/** What a promise resolves to; throws where it is still pending when everything under way has settled. */
export async function settledValue<T>(promise: Promise<T>, settle: () => void | Promise<void>): Promise<T> {
  const pending = Symbol('pending')
  const isPending = Promise.resolve(settle()).then(() => pending)
  const value = await Promise.race([promise, isPending])
  if (value === pending) throw new Error('the promise is still pending')
  return value as T
}

/** The error that a call throws, or that a promise it answers rejects with. */
export async function refusal(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('nothing was refused')
}

/** The code of the error that a call is refused with. */
export async function refusalCode(call: () => unknown): Promise<unknown> {
  return ((await refusal(call)) as { code?: unknown }).code
}

/** Runs something that is expected to warn, and answers the codes of this package's warnings. */
export async function warningsOf(body: () => void | Promise<void>): Promise<unknown[]> {
  const codes: unknown[] = []
  const listen = (warning: Error & { code?: string }) => {
    if (warning.name === 'HyperCacheWarning') codes.push(warning.code)
  }
  process.on('warning', listen)
  try {
    await body()
    // Warnings come in a later turn.
    await new Promise((resolve) => setImmediate(resolve))
  } finally {
    process.off('warning', listen)
  }
  return codes
}
