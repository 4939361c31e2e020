/** One class, whichever way it is loaded; and several copies of it beside each other. */

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname } from 'node:path'
import { compileFunction, createContext, runInContext } from 'node:vm'

import { expect, test } from 'vitest'

import type * as Package from '../../dist/index.js'
import { DIST, inChild } from './child.js'

const requireHere = createRequire(__filename)
const { HashRing } = requireHere(DIST) as typeof Package
const IDS = ['a', 'b', 'c', 'd', 'e']
const KEYS = ['', 'key', 'ü', '\ud800', 'x'.repeat(2_000)]

test('import and require give one class, by path and by name', async () => {
  const same = await inChild<boolean[]>(`
    const byPath = await import(${JSON.stringify(DIST)})
    const byName = await import('@hypercache/cluster')
    const required = require('@hypercache/cluster')
    const classes = [byPath, byName, byPath.default, required].map((module) => module.HashRing)
    return classes.map((each) => each === HashRing)`)
  expect(same).toEqual([true, true, true, true])
})

test('nothing but the package and its package.json can be imported', async () => {
  const codes = await inChild<string[]>(`
    const inner = ['index.js', 'dist/native.js', 'dist/ring/hash-ring.js']
    const codeOf = (name) => import('@hypercache/cluster/' + name).then(() => 'loaded', ({ code }) => code)
    assert.equal(require('@hypercache/cluster/package.json').name, '@hypercache/cluster')
    return Promise.all(inner.map(codeOf))`)
  expect(codes).toEqual(Array(3).fill('ERR_PACKAGE_PATH_NOT_EXPORTED'))
})

test('threads of every form answer alike, each with a class of its own', async () => {
  const program = `
    const ring = new HashRing({ nodes: ${JSON.stringify(IDS)} })
    parentPort.postMessage(${JSON.stringify(KEYS)}.map((key) => ring.getNode(key)))`
  const answers = await inChild<string[][]>(`
    const path = ${JSON.stringify(DIST)}
    const threads = "const { parentPort } = require('node:worker_threads');"
    const body = ${JSON.stringify(program)}
    const programs = [
      threads + 'const { HashRing } = require(' + JSON.stringify(path) + ');' + body,
      threads + 'import(' + JSON.stringify(path) + ').then(({ HashRing }) => {' + body + '})',
    ]
    const run = async (source) => {
      const worker = new Worker(source, { eval: true })
      const exited = once(worker, 'exit')
      const [answer] = await once(worker, 'message')
      await exited
      return answer
    }
    return Promise.all([...programs, ...programs].map(run))`)
  const ring = new HashRing({ nodes: IDS })
  expect(answers).toEqual(Array(4).fill(KEYS.map((key) => ring.getNode(key))))
})

/** Loads the package as jest does: its files in another context, Node's modules and the addon not. */
function loadIn(context: object): typeof Package {
  const loaded = new Map<string, { exports: unknown }>()
  const load = (path: string): unknown => {
    const known = loaded.get(path)
    if (known !== undefined) return known.exports
    const module = { exports: {} }
    loaded.set(path, module)
    const names = ['exports', 'require', 'module', '__filename', '__dirname']
    const run = compileFunction(readFileSync(path, 'utf8'), names, {
      filename: path,
      parsingContext: context,
    })
    const resolving = createRequire(path)
    const requireFrom = (name: string): unknown => {
      const target = resolving.resolve(name)
      return name.startsWith('.') && target.endsWith('.js') ? load(target) : resolving(name)
    }
    ;(run as (...values: unknown[]) => void)(module.exports, requireFrom, module, path, dirname(path))
    return module.exports
  }
  return load(DIST) as typeof Package
}

test.each([
  ['with byte arrays of its own', {}],
  ['that shares byte arrays, as jest does', { ArrayBuffer, SharedArrayBuffer, Uint8Array }],
])('in another context %s, keys of both contexts are keys', (_, shared) => {
  const context = createContext({ Buffer, process, console, structuredClone, ...shared })
  const inside = loadIn(context)
  expect(inside.HashRing).not.toBe(HashRing)
  const inner = new inside.HashRing({ nodes: runInContext(JSON.stringify(IDS), context) as string[] })
  const outer = new HashRing({ nodes: IDS })
  for (const key of KEYS) {
    const list = [...Buffer.from(key)]
    const innerBytes = runInContext(`new Uint8Array(${JSON.stringify(list)})`, context) as Uint8Array
    const innerShared = runInContext(
      `{ const key = new Uint8Array(new SharedArrayBuffer(${list.length})); key.set([${list.join()}]); key }`,
      context,
    ) as Uint8Array
    for (const given of [key, Uint8Array.from(list), Buffer.from(list), innerBytes, innerShared]) {
      const owner = outer.getNode(key)
      expect(inner.getNode(given)).toBe(owner)
      expect(outer.getNode(given)).toBe(owner)
      expect(inner.getReplicas(given, 5)).toEqual(outer.getReplicas(key, 5))
      expect(inner.getNodeBatch([given, 'text'])).toEqual([owner, outer.getNode('text')])
      expect(inner.explain(given).owner).toBe(owner)
    }
  }
})

test.each(['inner', 'outer'])('in another context, packed keys made in the %s one are answered', (where) => {
  const context = createContext({ Buffer, process, console })
  const inside = loadIn(context)
  const make = (code: string) => (where === 'inner' ? runInContext(code, context) : (0, eval)(code)) as never
  const keys = { bytes: make('new Uint8Array([1, 2, 3])'), offsets: make('new Uint32Array([0, 1, 3])') }
  for (const Ring of [HashRing, inside.HashRing]) {
    const ring = new Ring({ nodes: IDS })
    const { slots, names } = ring.getNodeBatchPacked(keys)
    const owners = [Uint8Array.of(1), Uint8Array.of(2, 3)].map((key) => ring.getNode(key))
    expect(Array.from(slots, (slot) => names[slot])).toEqual(owners)
  }
})

test('rings of two copies of the package do not mix up', () => {
  const copies = [HashRing, loadIn(createContext({ Buffer, process })).HashRing]
  const rings = copies.flatMap((Ring, copy) =>
    [0, 1, 2].map((at) => ({ name: `${copy}.${at}`, ring: new Ring({ nodes: [`${copy}.${at}`] }) })),
  )
  for (let round = 0; round < 20; round += 1) {
    for (const { name, ring } of rings) {
      expect([ring.getNode('key'), ...ring.getReplicas('key')]).toEqual([name, name])
    }
    rings.reverse()
  }
  rings[0]!.ring.close()
  for (const { name, ring } of rings.slice(1)) expect(ring.getNode('key')).toBe(name)
})
