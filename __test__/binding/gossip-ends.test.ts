/**
 * Processes and threads that end in the middle of a membership by gossip: with their own codes, and at once.
 */

import { describe, expect, test, vi } from 'vitest'
import { DIST, type Ended, inChild, runNode } from './child.js'

// Processes take their time where the machine is busy.
vi.setConfig({ testTimeout: 120_000 })

/** A process that takes longer than this to end hangs. */
const HANGS_MS = 30_000

const GOSSIP = DIST.replace(/index\.js$/, 'membership/gossip/gossip-membership.js')

/** Makes members: `member(id)`, `joined(id, ...seeds)`, `at(member)`. */
const PRELUDE = `
const { GossipMembership } = require(${JSON.stringify(GOSSIP)})
const { validateClusterConfig } = require(${JSON.stringify(DIST)})
const { hashRing, gossip } = validateClusterConfig({ cluster: { preset: 'local' } }).cluster
const member = (id) => new GossipMembership({
  local: { id, address: '127.0.0.1', port: 1 }, bindAddress: '127.0.0.1', bindPort: 0, clusterName: 'test',
  hashRing, failureDetectionTimeoutSeconds: 30,
  gossip: { ...gossip, probeIntervalSeconds: 0.1, probeTimeoutSeconds: 0.05, gossipIntervalSeconds: 0.02 },
})
const at = (membership) => '127.0.0.1:' + membership.member(membership.localNodeId).port
const joined = async (id, ...seeds) => {
  const membership = member(id)
  await membership.join(seeds)
  return membership
}
/** A seed that takes streams and says nothing. */
const silentSeed = () => new Promise((resolve) => {
  const server = require('node:net').createServer((socket) => socket.on('error', () => undefined))
  server.listen(0, '127.0.0.1', () => resolve('127.0.0.1:' + server.address().port))
  server.unref()
})
`

/** Runs the body of an asynchronous function in a process, to its end. */
async function run(body: string, nodeArgs: readonly string[] = []): Promise<Ended> {
  const hanging = `setTimeout(() => process.exit(99), ${HANGS_MS}).unref();`
  return runNode([...nodeArgs, '-e', `${hanging}${PRELUDE};(async () => {${body}})()`])
}

/** What is under way when the end comes; `end()` is that end. */
const moments: [name: string, body: string][] = [
  ['before anything is open', "member('a').join([]); end()"],
  [
    'in the middle of a join',
    "const seed = await silentSeed(); member('a').join([seed]); setTimeout(end, 50)",
  ],
  ['when the join is over', "await joined('a'); end()"],
  [
    'while it is told of another member',
    `const a = await joined('a')
    a.subscribe(({ member }) => { if (!member.isLocal) end() })
    joined('b', at(a))`,
  ],
  [
    'while messages arrive',
    `const a = await joined('a')
    const b = await joined('b', at(a))
    let count = 0
    a.onBroadcast(() => { if ((count += 1) === 20) end() })
    setInterval(() => b.broadcast({ name: 'n', data: '', lamportTime: 1 }), 1)`,
  ],
  [
    'in the middle of a leave',
    `const a = await joined('a')
    const others = await Promise.all(['b', 'c', 'd'].map((id) => joined(id, at(a))))
    others.forEach((other) => other.leave())
    a.leave()
    end()`,
  ],
  [
    'while it is told of its leave',
    "const a = await joined('a'); a.subscribe(({ type }) => { if (type === 'left') end() }); a.leave()",
  ],
  ['when it is closed', "const a = await joined('a'); a.close(); end()"],
]

describe('a process that ends by process.exit', () => {
  test.each(moments)('%s has its own code', async (_, body) => {
    const { code, stderr } = await run(`const end = () => process.exit(7); ${body}`)
    expect([code, stderr]).toEqual([7, ''])
  })
})

describe('a process in which nobody catches what is thrown', () => {
  test.each(moments.filter(([name]) => !name.includes('is told')))('%s has the code 1', async (_, body) => {
    // Out of a turn of its own: what a listener throws is a warning.
    const end = "const end = () => process.nextTick(() => { throw new Error('on purpose') })"
    const { code, stderr } = await run(`${end}; ${body}`)
    expect(code).toBe(1)
    expect(stderr).toContain('on purpose')
  })
})

describe('a worker that is terminated', () => {
  const worker = (body: string) => `
    ${PRELUDE}
    const { parentPort } = require('node:worker_threads')
    const end = () => parentPort.postMessage('end me')
    ;(async () => {${body}; setInterval(() => undefined, 1e6)})()`

  const terminated = (program: string, begin: string, after: string) => `
    ${begin}
    for (let round = 0; round < 5; round += 1) {
      const worker = new Worker(${JSON.stringify(program)}, { eval: true })
      worker.on('error', (error) => assert.fail(error))
      await once(worker, 'message')
      assert.equal(await worker.terminate(), 1)
    }
    ${after}`

  test.each(moments)('%s leaves the process alone, which did not load the package', async (_, body) => {
    await inChild(terminated(worker(body), '', ''))
  })

  test.each(moments)('%s leaves a member of the main thread alone', async (_, body) => {
    const begin = `${PRELUDE}
      const main = await joined('main')
      const other = await joined('other', at(main))
      while (main.members().length < 2) await turn()`
    const after = `
      other.updateMetadata({ still: 'there' })
      while (main.member('other').metadata.still !== 'there') await new Promise((next) => setTimeout(next, 5))
      await other.leave()
      await main.leave()`
    await inChild(terminated(worker(body), begin, after))
  })

  test('ends its membership, and its port is free: the others find it dead', async () => {
    const program = `
      ${PRELUDE}
      const { parentPort, workerData } = require('node:worker_threads')
      const portOf = (own) => own.member(own.localNodeId).port
      joined('in a worker', workerData).then((own) => parentPort.postMessage(portOf(own)))
      setInterval(() => undefined, 1e6)`
    await inChild(`${PRELUDE}
      const main = await joined('main')
      const worker = new Worker(${JSON.stringify(program)}, { eval: true, workerData: at(main) })
      const [port] = await once(worker, 'message')
      const status = () => main.member('in a worker')?.status
      const until = async (is) => { while (!is()) await new Promise((next) => setTimeout(next, 5)) }
      await until(() => status() === 'alive')
      await worker.terminate()
      await until(() => status() === 'dead')
      const server = require('node:net').createServer().listen(port, '127.0.0.1')
      await once(server, 'listening')
      server.close()
      main.close()`)
  })

  test('that ends by itself ends with code 0, whatever its membership is at', async () => {
    const codes = await inChild<number[]>(`
      const bodies = [
        "await joined('a')",
        "const a = await joined('a'); await a.leave()",
        "await joined('a'); process.exit(0)",
      ]
      const program = (body) => ${JSON.stringify(PRELUDE)} + ';(async () => {' + body + '})()'
      const ended = bodies.map((body) => once(new Worker(program(body), { eval: true }), 'exit'))
      return (await Promise.all(ended)).flat()`)
    expect(codes).toEqual([0, 0, 0])
  })
})

describe('a process that has nothing else to do', () => {
  test('ends by itself with code 0 while it takes part', async () => {
    const { code, stdout, stderr } = await run("const a = await joined('a'); console.log(a.members().length)")
    expect([code, stdout, stderr]).toEqual([0, '1\n', ''])
  })

  test('ends by itself though other members keep on telling it things', async () => {
    const { code, stderr } = await run(`
      const a = await joined('a')
      await joined('b', at(a))
      a.subscribe(() => undefined)`)
    expect([code, stderr]).toEqual([0, ''])
  })

  test('lives as long as a join or a leave is under way', async () => {
    const { code, stdout } = await run(`
      const a = member('a')
      const seed = await silentSeed()
      await a.join([seed])
      console.log('joined')
      const b = await joined('b', at(a))
      await b.leave()
      console.log('left')`)
    expect([code, stdout]).toEqual([0, 'joined\nleft\n'])
  })
})

describe('a membership that nobody holds', () => {
  test('takes part until it is closed, as a server does: what it was told to do is done', async () => {
    await inChild(
      `${PRELUDE}
      const heard = []
      const seed = await (async () => {
        const dropped = await joined('a')
        dropped.subscribe(({ member }) => heard.push(member.id))
        return at(dropped)
      })()
      await collect()
      const b = await joined('b', seed)
      await collect()
      while (!heard.includes('b')) await turn()
      await b.leave()`,
      ['--expose-gc'],
    )
  })

  test('and that nobody closed does not keep the process from ending', async () => {
    const { code, stderr } = await run(
      "for (let count = 0; count < 50; count += 1) await joined('a'); globalThis.gc()",
      ['--expose-gc'],
    )
    expect([code, stderr]).toEqual([0, ''])
  })

  test.each(['await dropped.leave()', 'dropped.close()'])('is collected after %s', async (end) => {
    const { grown, openCount } = await inChild<{ grown: number; openCount: number }>(
      `${PRELUDE}
      const { readdirSync } = require('node:fs')
      const fileCount = () => process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0
      const dropMany = async () => {
        for (let count = 0; count < 100; count += 1) {
          const dropped = await joined('a')
          ${end}
        }
        await collect()
      }
      await dropMany()
      const [files, before] = [fileCount(), process.memoryUsage.rss()]
      for (let round = 0; round < 5; round += 1) await dropMany()
      return { grown: process.memoryUsage.rss() - before, openCount: fileCount() - files }`,
      ['--expose-gc'],
    )
    console.log(`500 have left ${(grown / 1e6).toFixed(1)} MB`)
    expect(openCount).toBeLessThanOrEqual(1)
    expect(grown).toBeLessThan(10e6)
  })
})
