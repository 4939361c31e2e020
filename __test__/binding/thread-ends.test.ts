/** Threads that end in the middle of what they do with a shared ring, and processes that have a watch. */

import { describe, expect, test, vi } from 'vitest'

import { DIST, inChild, runNode } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

/** What a worker is in the middle of when it ends. */
const activities: [name: string, program: string][] = [
  [
    'reads',
    `loop(() => {
      for (let at = 0; at < 50; at += 1) ring.getReplicas('key' + at)
      ring.getNodeBatch(keys)
      ring.getNodeBounded('key')
    })`,
  ],
  [
    'changes',
    // Not for ever: who watches takes longer than who changes, and more than 16,384 changes may not wait.
    `loop((round) => {
      if (round > 1_000) return
      ring.addNode(mine + round)
      ring.acquire(mine + round)
      ring.setNodeStatus(mine + round, 'dead')
      ring.removeNode(mine + round)
    })`,
  ],
  [
    'a watch by a listener, changes coming',
    `let count = 0
    ring.watch(({ transfers }) => (count += transfers.length))
    loop(() => ring.getNode('key'))`,
  ],
  [
    'an iteration of watch(), changes coming',
    `let count = 0
    const iterate = async () => {
      for await (const { transfers } of ring.watch({ queueLimit: 65_536 })) count += transfers.length
    }
    iterate()
    loop(() => ring.getNode('key'))`,
  ],
  [
    'a watch that is blocked, changes coming',
    `ring.watch(() => undefined)
    ring.watch()
    const begunMs = performance.now()
    // Not a turn of the event loop until the end.
    loop(() => { while (performance.now() < begunMs + 20) ring.getNode('key') })`,
  ],
]

const endings: [name: string, ending: string, code: number][] = [
  ['process.exit', 'process.exit(7)', 7],
  ['an uncaught error', "throw new Error('on purpose')", 1],
  ['terminate()', "parentPort.postMessage('end me')", 1],
  ['its end', 'process.off("keep", loop); over = true', 0],
]

/** A worker's program: does its part in turns of the event loop, and ends in the middle. */
const worker = (program: string, ending: string) => `
  const { HashRing } = require(${JSON.stringify(DIST)})
  const { parentPort, workerData, threadId } = require('node:worker_threads')
  const ring = HashRing.attach(workerData)
  const mine = 'of' + threadId + '-'
  const keys = Array.from({ length: 1_500 }, (_, at) => 'key' + at)
  let over = false
  const loop = (step, round = 0) => {
    step(round)
    if (round === 20) { ${ending} }
    if (!over) setImmediate(loop, step, round + 1)
  }
  ${program}`

describe('a worker that ends in the middle of', () => {
  const cases = activities.flatMap(([activity, program]) =>
    endings.map(([name, ending, code]) => [activity, name, worker(program, ending), code] as const),
  )
  test.each(cases)('%s by %s leaves the others alone', async (_, __, program, code) => {
    await inChild(`
      const ring = new HashRing({ nodes: ['a', 'b', 'c'], virtualNodeCount: 32 })
      const handle = ring.handle()
      // The main thread watches, changes and reads on.
      const versions = []
      const previousVersions = []
      process.on('warning', ({ code }) => assert.fail(code))
      ring.watch(({ version, previousVersion }) => {
        versions.push(version)
        previousVersions.push(previousVersion)
      })
      const end = async () => {
        const worker = new Worker(${JSON.stringify(program)}, { eval: true, workerData: handle })
        worker.on('error', ({ message }) => assert.equal(message, 'on purpose'))
        worker.on('message', () => worker.terminate())
        return (await new Promise((resolve) => worker.on('exit', (...args) => resolve(args))))[0]
      }
      let isOver = false
      const changing = (async () => {
        for (let round = 0; !isOver; round += 1) {
          ring.addNode('main' + round)
          ring.getReplicas('key')
          ring.removeNode('main' + round)
          if (round % 8 === 0) await turn()
        }
      })()
      for (let round = 0; round < 2; round += 1) {
        assert.deepEqual(await Promise.all([end(), end()]), [${code}, ${code}])
      }
      isOver = true
      await changing
      // What a worker did not finish, a later one of the same number need not trip over.
      ring.setNodes(['a', 'b', 'c'])
      const fresh = new HashRing({ nodes: ['a', 'b', 'c'], virtualNodeCount: 32 })
      assert.deepEqual(ring.getReplicas('key'), fresh.getReplicas('key'))
      assert.equal(ring.checksum, fresh.checksum)
      while (versions.at(-1) < ring.version) await turn()
      assert.deepEqual(versions, versions.map((_, at) => at + 2))
      assert.deepEqual(previousVersions, versions.map((version) => version - 1))
      ring.close()
      assert.throws(() => HashRing.attach(handle), { code: 'ERR_HYPERCACHE_RING_GONE' })`)
  })

  test.each(activities)('%s, while the process ends by process.exit', async (_, program) => {
    const { code } = await runNode([
      '-e',
      `const { HashRing } = require(${JSON.stringify(DIST)})
      const { Worker } = require('node:worker_threads')
      const ring = new HashRing({ nodes: ['a', 'b', 'c'], virtualNodeCount: 32 })
      const program = ${JSON.stringify(worker(program, "parentPort.postMessage('in the middle')"))}
      ring.watch(() => undefined)
      let begunCount = 0
      for (let count = 0; count < 3; count += 1) {
        const worker = new Worker(program, { eval: true, workerData: ring.handle() })
        worker.on('message', () => (begunCount += 1))
      }
      const change = (round) => {
        ring.addNode('main' + round)
        ring.removeNode('main' + round)
        if (begunCount === 3) process.exit(5)
        setImmediate(change, round + 1)
      }
      change(0)`,
    ])
    expect(code).toBe(5)
  })

  test('twenty short watches in workers, one after another, with changes all the time', async () => {
    const watching = worker('ring.watch(() => process.exit(9)); setInterval(() => 0, 1e6)', '')
    const changing = worker('loop(() => { ring.addNode(mine); ring.removeNode(mine) })', '')
    await inChild(`
      const ring = new HashRing({ nodes: ['a', 'b'], virtualNodeCount: 8 })
      const program = ${JSON.stringify(watching)}
      const changer = new Worker(${JSON.stringify(changing)},
        { eval: true, workerData: ring.handle() })
      for (let round = 0; round < 10; round += 1) {
        const pair = [0, 1].map(() => new Worker(program, { eval: true, workerData: ring.handle() }))
        const codes = await Promise.all(pair.map((worker) => once(worker, 'exit')))
        assert.deepEqual(codes, [[9], [9]])
      }
      await changer.terminate()`)
  })
})

describe('a process that has nothing to do but', () => {
  const run = (body: string) =>
    runNode(['-e', `const { HashRing } = require(${JSON.stringify(DIST)}); ${body}`])
  const ring = "const ring = new HashRing({ nodes: ['a'] });"

  test('an active watch ends by itself with code 0', async () => {
    const body = "ring.watch(() => console.log('heard')); process.on('exit', (code) => console.log(code))"
    const { code, stdout, stderr } = await run(`${ring} ${body}`)
    expect([code, stdout, stderr]).toEqual([0, '0\n', ''])
  })

  test('a watch of another object of the ring, and one that was stopped, ends too', async () => {
    const body = 'HashRing.attach(ring.handle()).watch(() => 0); ring.watch(() => 0)(); ring.watch()'
    const { code, stderr } = await run(`${ring} ${body}`)
    expect([code, stderr]).toEqual([0, ''])
  })

  test('a pending for await of watch() ends with code 0: a promise keeps no process alive', async () => {
    const body =
      'const run = async () => { for await (const _ of ring.watch()); console.log("after") }; run()'
    const { code, stdout, stderr } = await run(`${ring} ${body}`)
    expect([code, stdout, stderr]).toEqual([0, '', ''])
  })

  test('a pending for await at the top of a module ends with code 13: it never settles', async () => {
    const module = `import { HashRing } from ${JSON.stringify(`file://${DIST}`)}
      const ring = new HashRing({ nodes: ['a'] })
      for await (const _ of ring.watch());
      console.log('after')`
    const { code, stdout } = await runNode(['--input-type=module', '-e', module])
    expect([code, stdout]).toEqual([13, ''])
  })

  test('a worker with an active watch and nothing else ends by itself too', async () => {
    const codes = await inChild<number[]>(`
      const ring = new HashRing({ nodes: ['a'] })
      const program = (body) => 'const { HashRing } = require(${JSON.stringify(DIST)});' +
        "const ring = HashRing.attach(require('node:worker_threads').workerData);" + body
      const bodies = ['ring.watch(() => 0)', '(async () => { for await (const _ of ring.watch()); })()']
      const workerData = ring.handle()
      const start = (body) => new Worker(program(body), { eval: true, workerData })
      const ended = bodies.map((body) => once(start(body), 'exit'))
      return (await Promise.all(ended)).flat()`)
    expect(codes).toEqual([0, 0])
  })

  test('changes while something else keeps it alive hears them, and then ends', async () => {
    const body = `ring.watch(({ version }) => console.log('heard ' + version))
      setTimeout(() => { ring.addNode('b'); setTimeout(() => 0, 300) }, 1)`
    const { code, stdout } = await run(`${ring} ${body}`)
    expect([code, stdout]).toEqual([0, 'heard 2\n'])
  })
})
