/**
 * What answers as a Serf agent does, and does what a test says: for what real agents never do, or do late.
 */

import { createServer, type Server, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

import { decodeMultiStream, encode } from '@msgpack/msgpack'

import { settled } from './manual-clock'

/** A member as the fake agent lists it. */
export interface FakeMember {
  name: string
  status: string
  tags: Record<string, string>
}

interface Client {
  socket: Socket
  streams: number[]
  monitors: number[]
  port: number
  isAuthorized: boolean
}

type Body = Record<string, unknown>

/** Commands that come with a body. */
const WITHOUT_BODY = new Set(['members', 'leave', 'stats'])

export class FakeSerfAgent {
  readonly name: string
  /** Others by name. The agent itself is listed first. */
  readonly others = new Map<string, FakeMember>()
  /** Tags of the agent itself. */
  tags: Record<string, string> = {}
  /** Commands that came, in order. */
  readonly commands: string[] = []
  /** Events that were sent. */
  readonly events: { name: string; payload: Uint8Array }[] = []
  /** Refuses commands: what it says of each. */
  readonly refusals = new Map<string, string>()
  authKey = ''
  /** Takes nobody's connections: as an agent that is not there, whose port nobody else can get. */
  isAway = false
  /** Answers a command with other bytes than it should. */
  garble: ((command: string, sequence: number) => Uint8Array | undefined) | undefined
  /** Raised with each change of the members. */
  #revision = 0
  #revisionRead = -1
  readonly #clients = new Set<Client>()
  readonly #server: Server
  /** The log, from before. */
  readonly oldLines: string[] = []

  constructor(name: string) {
    this.name = name
    this.#server = createServer({ noDelay: true }, (socket) => void this.#serve(socket))
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve))
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get connectionCount(): number {
    return this.#clients.size
  }

  /** Cuts all connections. */
  cut(): void {
    for (const { socket } of this.#clients) socket.destroy()
  }

  async close(): Promise<void> {
    this.cut()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  /** Changes what it lists, and tells that something has changed. */
  change(...members: (FakeMember | string)[]): void {
    for (const member of members) {
      if (typeof member === 'string') this.others.delete(member)
      else this.others.set(member.name, member)
    }
    this.#revision += 1
    this.#stream({ Event: 'member-update', Members: [] })
  }

  /** Writes a line into its log. */
  log(line: string): void {
    for (const client of this.#clients) {
      for (const sequence of client.monitors)
        send(client.socket, sequence, { Log: `2026/01/02 03:04:05 ${line}` })
    }
  }

  /** Has an event arrive. */
  event(name: string, payload: Uint8Array): void {
    this.#stream({ Event: 'user', LTime: 1, Name: name, Payload: payload, Coalesce: false })
  }

  /**
   * Resolves when all that was told over streams has been taken notice of: lists of members are asked for one
   * after the other, so the list before has been read when the next is asked for.
   */
  async settle(): Promise<void> {
    for (let round = 0; round < 2; round += 1) {
      this.change()
      while (this.#isWatched && this.#revisionRead !== this.#revision) await settled()
    }
    await settled()
  }

  get #isWatched(): boolean {
    return [...this.#clients].some(({ streams }) => streams.length > 0)
  }

  #stream(record: Body): void {
    for (const { socket, streams } of this.#clients) {
      for (const sequence of streams) send(socket, sequence, record)
    }
  }

  async #serve(socket: Socket): Promise<void> {
    if (this.isAway) return void socket.destroy()
    const client: Client = {
      socket,
      streams: [],
      monitors: [],
      port: socket.remotePort!,
      isAuthorized: false,
    }
    this.#clients.add(client)
    socket.on('error', () => undefined)
    socket.on('close', () => this.#clients.delete(client))
    let header: { Command: string; Seq: number } | undefined
    try {
      for await (const value of decodeMultiStream(socket)) {
        if (header === undefined) header = value as { Command: string; Seq: number }
        else {
          this.#answer(client, header, value as Body)
          header = undefined
          continue
        }
        if (!WITHOUT_BODY.has(header.Command)) continue
        this.#answer(client, header, {})
        header = undefined
      }
    } catch {
      // The connection has ended in the middle.
    }
  }

  #answer(
    client: Client,
    { Command: command, Seq: sequence }: { Command: string; Seq: number },
    body: Body,
  ): void {
    this.commands.push(command)
    const { socket } = client
    const garbled = this.garble?.(command, sequence)
    if (garbled !== undefined) return void socket.write(garbled)
    const refusal = this.refusals.get(command) ?? this.#unauthorized(client, command)
    if (refusal !== undefined)
      return send(socket, sequence, command === 'join' ? { Num: 0 } : undefined, refusal)
    switch (command) {
      case 'auth':
        client.isAuthorized = body.AuthKey === this.authKey
        return send(socket, sequence, undefined, client.isAuthorized ? '' : 'Invalid authentication token')
      case 'stats':
        return send(socket, sequence, { agent: { name: this.name } })
      case 'members':
        this.#revisionRead = this.#revision
        return send(socket, sequence, { Members: this.#members() })
      case 'tags':
        for (const name of (body.DeleteTags as string[] | null) ?? []) delete this.tags[name]
        Object.assign(this.tags, body.Tags)
        break
      case 'join':
        return send(socket, sequence, { Num: 1 })
      case 'event':
        this.events.push({ name: body.Name as string, payload: body.Payload as Uint8Array })
        break
      default:
    }
    send(socket, sequence)
    if (command === 'stream') client.streams.push(sequence)
    if (command === 'monitor') this.#beginLog(client, sequence)
  }

  #unauthorized(client: Client, command: string): string | undefined {
    if (this.authKey === '' || client.isAuthorized || command === 'handshake' || command === 'auth')
      return undefined
    return 'Authentication required'
  }

  #beginLog(client: Client, sequence: number): void {
    client.monitors.push(sequence)
    const lines = [...this.oldLines, `[INFO] agent.ipc: Accepted client: 127.0.0.1:${client.port}`]
    for (const line of lines) send(client.socket, sequence, { Log: `2026/01/02 03:04:05 ${line}` })
  }

  #members(): Body[] {
    const all = [{ name: this.name, status: 'alive', tags: this.tags }, ...this.others.values()]
    const Addr = new Uint8Array([127, 0, 0, 1])
    return all.map(({ name, status, tags }) => ({ Name: name, Status: status, Tags: tags, Addr, Port: 7946 }))
  }
}

function send(socket: Socket, sequence: number, body?: Body, error = ''): void {
  if (socket.destroyed) return
  const header = encode({ Seq: sequence, Error: error })
  socket.write(body === undefined ? header : Buffer.concat([header, encode(body)]))
}
