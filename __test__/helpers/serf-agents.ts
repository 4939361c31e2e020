/** Real Serf agents on loopback, each a process of its own that ends with its test. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { until } from './until'

/** Whether Serf is installed; where it is not, the reason to skip. */
export const serfVersion = ((): string | undefined => {
  const { status, stdout } = spawnSync('serf', ['version'], { encoding: 'utf8' })
  return status === 0 ? stdout.split('\n')[0] : undefined
})()

/** A port that nothing listens on. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** An agent, running or not. */
export class SerfAgent {
  readonly name: string
  /** `host:port` of its gossip, by which others join it. */
  readonly peer: string
  readonly rpcAddress: string
  readonly #flags: readonly string[]
  #child: ChildProcess | undefined

  private constructor(name: string, peer: string, rpcAddress: string, flags: readonly string[]) {
    this.name = name
    this.peer = peer
    this.rpcAddress = rpcAddress
    this.#flags = flags
  }

  /** One that is running. */
  static async start(name: string, flags: readonly string[] = []): Promise<SerfAgent> {
    const agent = await SerfAgent.planned(name, flags)
    await agent.start()
    return agent
  }

  /** One that has its addresses, and does not run yet. */
  static async planned(name: string, flags: readonly string[] = []): Promise<SerfAgent> {
    const [peer, rpc] = [await freePort(), await freePort()].map((port) => `127.0.0.1:${port}`)
    return new SerfAgent(name, peer!, rpc!, flags)
  }

  async start(): Promise<void> {
    const { name, peer, rpcAddress } = this
    const flags = [
      `-node=${name}`,
      `-bind=${peer}`,
      `-rpc-addr=${rpcAddress}`,
      '-profile=local',
      '-log-level=debug',
    ]
    const child = spawn('serf', ['agent', ...flags, ...this.#flags], { stdio: 'ignore' })
    this.#child = child
    let isListening = false
    await until(() => {
      if (child.exitCode !== null) throw new Error(`the Serf agent ${name} ended with ${child.exitCode}`)
      const [host, port] = rpcAddress.split(':')
      const socket = connect(Number(port), host)
      socket.on('connect', () => {
        isListening = true
        socket.destroy()
      })
      socket.on('error', () => undefined)
      return isListening
    })
  }

  signal(signal: NodeJS.Signals): void {
    this.#child?.kill(signal)
  }

  /** Ends the process, and resolves when it has ended. */
  async end(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }

  /** Resolves when the process has ended by itself. */
  async ended(): Promise<void> {
    const child = this.#child
    if (child !== undefined && child.exitCode === null) await once(child, 'exit')
  }
}

/** A file that has an agent ask for a secret: there is no flag for it. */
export function authConfig(folder: string, secret: string): string {
  const path = join(folder, 'auth.json')
  writeFileSync(path, JSON.stringify({ rpc_auth: secret }))
  return `-config-file=${path}`
}
