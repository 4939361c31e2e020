import { describe, expect, test } from 'vitest'
import { brokenImports, importsOf, isOfRing, targetOf } from './checkers/ranks'
import { sources } from './checkers/sources'

const files = sources(['ts'], /\.ts$/)

describe('imports', () => {
  test('go down the ranks only', () => {
    expect(brokenImports(files)).toEqual([])
  })

  test('are found at all', () => {
    expect(files.length).toBeGreaterThan(5)
    const door = files.find(({ path }) => path === 'ts/native.ts')!
    expect(importsOf(door).map(({ specifier }) => specifier)).toContain('../index.js')
  })
})

describe('the package of the ring', () => {
  const ownImports = (path: string) =>
    importsOf(files.find((file) => file.path === path)!)
      .map(({ specifier }) => specifier)
      .filter((specifier) => specifier.startsWith('.'))
      .map((specifier) => targetOf(path, specifier))
      .filter((target) => target !== 'index.ts')
  const entries = ['ts/ring/index.ts', 'ts/ring/internal.ts']
  const parts = files.map(({ path }) => path).filter((path) => isOfRing(path) && !entries.includes(path))

  test('has the files that its entry needs, and no others', () => {
    const reached = new Set(['ts/ring/index.ts'])
    for (const path of reached) ownImports(path).forEach((target) => reached.add(target))
    expect([...reached].filter((path) => !entries.includes(path)).sort()).toEqual(parts.sort())
  })

  test('gives all of them to the package of the cluster', () => {
    expect(ownImports('ts/ring/internal.ts').sort()).toEqual(parts.sort())
  })
})

describe('the check bites', () => {
  const broken = (path: string, text: string) => brokenImports([{ path, text }])

  test('and leaves good imports alone', () => {
    const good = [
      "import { a } from './keys.js'",
      "import type { B } from '../types.js'",
      "export { C } from '../errors.js'",
      "import * as fs from 'node:fs'",
      "// import { d } from '../cli/main.js'",
    ]
    expect(broken('ts/ring/hash-ring.ts', good.join('\n'))).toEqual([])
    expect(broken('ts/native.ts', "const binding = require('../index.js')")).toEqual([])
    expect(broken('ts/coordinator/simple.ts', "import { Ring } from '../ring/hash-ring.js'")).toEqual([])
  })

  test('on other ways to load the addon', () => {
    const made = "import { createRequire } from 'node:module'\ncreateRequire(__filename)('../../index.js')"
    expect(broken('ts/http/http-app.ts', made)).toHaveLength(2)
    expect(broken('ts/http/http-app.ts', "process.dlopen(module, 'x.node')")).toHaveLength(1)
  })

  test('on an import from a higher rank, and names file, line and rule', () => {
    expect(broken('ts/ring/keys.ts', "\n\nimport { a } from '../routing/route.js'")).toEqual([
      'ts/ring/keys.ts:3: imports ../routing/route.js: a file imports from its own folder or a lower rank ' +
        '(ring has rank 1, routing has rank 2)',
    ])
    expect(broken('ts/errors.ts', "export * from './index.js'")).toHaveLength(1)
  })

  test('on an import between folders of one rank', () => {
    expect(broken('ts/ring/keys.ts', "import { a } from '../events/bus.js'")[0]).toContain('of one rank')
    expect(broken('ts/cli/main.ts', "import { a } from '../index.js'")[0]).toContain('of one rank')
  })

  test('on an import out of the package of the ring, also from the ground', () => {
    expect(broken('ts/ring/keys.ts', "import { a } from '../json.js'")).toEqual([
      'ts/ring/keys.ts:1: imports ../json.js: ts/ring/keys.ts is part of @hypercache/ring, ' +
        'and ts/json.ts is not',
    ])
    expect(broken('ts/checks.ts', "import type { A } from './cluster-types.js'")).toHaveLength(1)
    expect(broken('ts/json.ts', "import { a } from './checks.js'")).toEqual([])
  })

  test('on another package in the package of the ring', () => {
    expect(broken('ts/ring/keys.ts', "const { z } = require('zod')")).toEqual([
      'ts/ring/keys.ts:1: imports zod: @hypercache/ring depends on no other package',
    ])
    expect(broken('ts/native.ts', "import type { Packr } from 'msgpackr'")).toHaveLength(1)
    expect(broken('ts/config/check-field.ts', "require('zod')")).toEqual([])
  })

  test('on folders in a folder that know each other, or are known around them', () => {
    const [gossip, serf] = ['ts/membership/gossip/a.ts', 'ts/membership/serf/a.ts']
    expect(broken(gossip, "import { a } from './b.js'\nimport { c } from '../member-view.js'")).toEqual([])
    expect(broken(gossip, "import { a } from '../serf/tags.js'")[0]).toContain('not from serf')
    expect(broken(serf, "import { a } from '../gossip/a.js'")[0]).toContain('not from gossip')
    expect(broken('ts/membership/a.ts', "import { a } from './serf/tags.js'")[0]).toContain('not from serf')
    expect(broken(serf, "import { a } from '../../routing/route.js'")[0]).toContain('of one rank')
  })

  test.each([
    "import { HashRing } from '../../index.js'",
    "import type { HashRing } from '../../index.js'",
    "export { HashRing } from '../../index.js'",
    "const addon = require('../../index.js')",
    "const addon = await import('../../index.js')",
    "type Addon = import('../../index.js').HashRing",
    "import addon = require('../../index.js')",
  ])('on a second door to the addon: %s', (line) => {
    expect(broken('ts/ring/keys.ts', line)).toEqual([
      'ts/ring/keys.ts:1: imports ../../index.js: only ts/native.ts imports the addon',
    ])
  })

  test('on places without a rank, and outside the package', () => {
    expect(broken('ts/extras/a.ts', '')[0]).toContain('no rank')
    expect(broken('ts/cli/main.ts', "import '../extras/a.js'")[0]).toContain('no rank')
    expect(broken('ts/cli/main.ts', "import '../../scripts/run.mjs'")[0]).toContain('outside ts/')
    expect(broken('ts/cli/main.ts', "require('../../package.json')")).toEqual([])
  })
})
