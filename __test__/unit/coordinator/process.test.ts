/** What a coordinator does to the process around it, in processes of their own. */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'

const entry = JSON.stringify(join(__dirname, '..', '..', '..', 'dist', 'index.js'))

function run(body: string): string {
  const program = `const { startCluster } = require(${entry});(async () => { ${body} })()`
  return execFileSync(process.execPath, ['-e', program], { encoding: 'utf8', timeout: 15_000 }).trim()
}

describe('the process', () => {
  test('ends by itself while a coordinator is started', () => {
    const body = `const it = await startCluster()
      it.events.subscribe(() => undefined)
      it.registerHealthCheck('store', () => true)
      console.log(it.state)`
    expect(run(body)).toBe('ready')
  })

  test('lives on where that was asked for, until the coordinator is stopped', () => {
    const body = `const it = await startCluster({}, { keepsProcessAlive: true })
      const { stop } = it
      process.once('beforeExit', () => console.log('after', it.state))
      setTimeout(() => it.stop(), 20).unref()
      console.log(it.state)`
    expect(run(body)).toBe('ready\nafter stopped')
  })

  test('ends cleanly in the middle of a start, a stop, and a drain', () => {
    expect(run("startCluster(); console.log('x'); process.exit(0)")).toBe('x')
    expect(run("const it = await startCluster(); it.stop(); console.log('x'); process.exit(0)")).toBe('x')
    const body = `const it = await startCluster()
      it.onDrain(() => new Promise(() => undefined))
      it.stop()
      console.log(it.state)`
    expect(run(body)).toBe('draining')
  })

  test('lives as long as somebody waits for health', () => {
    const body = `const it = await startCluster()
      it.registerHealthCheck('slow', () => new Promise(() => undefined), { timeoutMs: 50 })
      const { reasons } = await it.health()
      console.log(reasons.join())`
    expect(run(body)).toBe('slow: it took more than 50 ms')
  })

  test('loads no library for a ring alone', () => {
    const body = `const loaded = Object.keys(require.cache).filter((file) => file.includes('node_modules'))
      console.log(loaded.length)`
    expect(run(body)).toBe('0')
  })
})
