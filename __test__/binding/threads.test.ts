/** Threads that end in every way, and processes that end in the middle of things. */

import { expect, test, vi } from 'vitest'

import { DIST, inChild, runNode } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 60_000 })

/** A worker's program: a ring of its own, looked up in until `ending`. */
const worker = (ending: string, points = 256) => `
  const { HashRing } = require(${JSON.stringify(DIST)})
  const { parentPort } = require('node:worker_threads')
  const ring = new HashRing({ nodes: ['theirs'], virtualNodeCount: ${points} })
  if (ring.getNode('key') !== 'theirs') throw new Error('a wrong answer')
  ${ending}`

const endings: [name: string, ending: string, code: number, error: string | null][] = [
  ['its end', '', 0, null],
  ['close and its end', 'ring.close()', 0, null],
  ['process.exit', 'process.exit(7)', 7, null],
  ['process.exit in an iterable that a call reads', exitInside(), 7, null],
  ['an error', "throw new Error('on purpose')", 1, 'on purpose'],
  [
    'terminate() in a loop of lookups',
    "parentPort.postMessage('looking'); for (let at = 0; ; at += 1) ring.getReplicas('key' + at)",
    1,
    null,
  ],
  [
    'terminate() in a loop of changes',
    "parentPort.postMessage(''); for (;;) { ring.addNode('b'); ring.getNode('key'); ring.removeNode('b') }",
    1,
    null,
  ],
]

function exitInside(): string {
  return 'ring.addNodes((function* () { yield "b"; process.exit(7) })())'
}

test.each(endings)('a worker that ends by %s leaves the others alone', async (_, ending, code, error) => {
  const answer = await inChild<{ codes: number[]; errors: (string | null)[]; owners: string[] }>(`
    const ring = new HashRing({ nodes: ['ours'] })
    const end = async () => {
      const worker = new Worker(${JSON.stringify(worker(ending))}, { eval: true })
      let error = null
      worker.on('error', ({ message }) => (error = message))
      worker.on('message', () => worker.terminate())
      const exited = new Promise((resolve) => worker.on('exit', resolve))
      // While the worker lives and dies.
      const looking = setInterval(() => ring.getNode('key'), 1)
      const code = await exited
      clearInterval(looking)
      return { code, error }
    }
    const ended = []
    for (let round = 0; round < 3; round += 1) ended.push(...(await Promise.all([end(), end()])))
    const owners = [ring.getNode('key'), ring.getNodeBatch(['key'])[0], ring.explain('key').owner]
    return { codes: ended.map(({ code }) => code), errors: ended.map(({ error }) => error), owners }`)
  expect(answer.codes).toEqual(Array(6).fill(code))
  expect(answer.errors).toEqual(Array(6).fill(error))
  expect(answer.owners).toEqual(['ours', 'ours', 'ours'])
})

test('what a worker leaves behind is freed', async () => {
  // About 12 MB a ring.
  const grown = await inChild<number>(`
    const program = ${JSON.stringify(worker('process.exit(0)', 900_000 / 15))}
      .replace("['theirs']", "Array.from({ length: 15 }, (_, at) => ({ id: 'theirs' + at }))")
      .replace("!== 'theirs'", '=== undefined')
    const end = async () => once(new Worker(program, { eval: true }), 'exit')
    for (let round = 0; round < 4; round += 1) await end()
    const before = process.memoryUsage.rss()
    for (let round = 0; round < 16; round += 1) assert.equal((await end())[0], 0)
    return process.memoryUsage.rss() - before`)
  expect(grown).toBeLessThan(80e6)
})

test('a lookup while the process exits answers', async () => {
  const { code, stdout } = await runNode([
    '-e',
    `const { HashRing } = require(${JSON.stringify(DIST)})
    const ring = new HashRing({ nodes: ['ours'] })
    process.on('exit', () => {
      ring.addNode('also')
      console.log(ring.getReplicas('key').length, new HashRing({ nodes: ['new'] }).getNode('key'))
    })
    setTimeout(() => process.exit(3), 1)`,
  ])
  expect([code, stdout]).toEqual([3, '2 new\n'])
})

test('an uncaught refusal ends the process with the error, and no crash', async () => {
  const { code, stderr } = await runNode([
    '-e',
    `const { HashRing } = require(${JSON.stringify(DIST)}); new HashRing().getNode('key')`,
  ])
  expect(code).toBe(1)
  expect(stderr).toContain('ERR_HYPERCACHE_NO_ROUTABLE_NODE')
})
