// A network of its own for each run: a namespace for each host, and a bridge between them in one more.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { command } from './command.mjs'

/** Begins the name of every namespace; the id of the process that made it follows. */
const PREFIX = 'hypercache-faults'
const NAMESPACES = '/var/run/netns'
const HOSTS_MAX = 250

const open = new Set()
let networkCount = 0

/** Hosts that reach each other, until something is dropped between them. */
export class Network {
  #name = `${PREFIX}-${process.pid}-${++networkCount}`
  #hub = `${this.#name}-hub`
  #hosts = new Map()
  /** Packets that were dropped by rules which are not there any more, by host and protocol. */
  #before = new Map()

  /** Makes one with hosts of these names. */
  static async open(names) {
    const network = new Network()
    open.add(network)
    const hub = network.#hub
    const lines = [`netns add ${hub}`]
    await command('ip', ['-batch', '-'], lines.join('\n'))
    const bridge = [`link add bridge type bridge`, `link set bridge up`]
    await command('ip', ['-netns', hub, '-batch', '-'], bridge.join('\n'))
    for (const name of names) await network.addHost(name)
    await network.#introduce()
    return network
  }

  /** Tells all hosts the others' hardware addresses: the system finds out only so many, for all namespaces. */
  async #introduce() {
    const lines = [...this.#hosts.values()].map(
      ({ address, hardware }) => `neighbor replace ${address} lladdr ${hardware} dev eth0 nud permanent`,
    )
    for (const { namespace } of this.#hosts.values()) {
      await command('ip', ['-netns', namespace, '-batch', '-'], lines.join('\n'))
    }
  }

  /** Adds a host. */
  async addHost(name) {
    const number = this.#hosts.size + 1
    if (number > HOSTS_MAX) throw new Error(`a network has at most ${HOSTS_MAX} hosts`)
    const namespace = `${this.#name}-${number}`
    const address = `10.77.0.${number}`
    const hardware = `02:00:0a:4d:00:${number.toString(16).padStart(2, '0')}`
    this.#hosts.set(name, { namespace, address, hardware })
    const port = `port${number}`
    await command(
      'ip',
      ['-batch', '-'],
      [
        `netns add ${namespace}`,
        `link add ${port} netns ${this.#hub} type veth peer name eth0 address ${hardware} netns ${namespace}`,
      ].join('\n'),
    )
    await command(
      'ip',
      ['-netns', this.#hub, '-batch', '-'],
      [`link set ${port} master bridge`, `link set ${port} up`].join('\n'),
    )
    await command(
      'ip',
      ['-netns', namespace, '-batch', '-'],
      [`link set lo up`, `address add ${address}/24 dev eth0`, `link set eth0 up`].join('\n'),
    )
  }

  /** The names of its hosts. */
  get names() {
    return [...this.#hosts.keys()]
  }

  address(name) {
    return this.#host(name).address
  }

  /** The words before a command that have it run on a host, in the same process. */
  on(name) {
    return ['ip', 'netns', 'exec', this.#host(name).namespace]
  }

  /** Has hosts hear nothing more of what others send, over UDP and TCP. */
  async deafen(listeners, speakers) {
    for (const listener of listeners) {
      const others = speakers.filter((speaker) => speaker !== listener).map((name) => this.address(name))
      await this.#drop(listener, `ip saddr { ${others.join(', ')} }`)
    }
  }

  /** Has a host hear nothing by UDP of what comes from outside; what comes by TCP passes. */
  async dropDatagrams(name) {
    await this.#drop(name, 'iifname "eth0"', ['udp'])
  }

  /** Cuts hosts from others, both ways. */
  async cut(some, others) {
    await Promise.all([this.deafen(some, others), this.deafen(others, some)])
  }

  /** Has each host lose so many of 100 packets that come to it, whoever sends them. */
  async lose(names, percent) {
    for (const name of names) {
      await this.#drop(name, `iifname "eth0" numgen random mod 100 < ${percent}`)
    }
  }

  /** Takes all faults away. */
  async heal() {
    await Promise.all(
      [...this.#hosts].map(async ([name, { namespace }]) => {
        this.#before.set(name, await this.dropped(name))
        const nothing = 'add table inet faults\ndelete table inet faults\n'
        await command('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], nothing)
      }),
    )
  }

  /** Packets that a host has lost to faults, by protocol. */
  async dropped(name) {
    const { namespace } = this.#host(name)
    const sum = { udp: 0, tcp: 0, ...this.#before.get(name) }
    const listed = await command('ip', ['netns', 'exec', namespace, 'nft', '-j', 'list', 'ruleset'])
    for (const { rule } of JSON.parse(listed).nftables) {
      if (rule?.table !== 'faults') continue
      const counter = rule.expr.find((part) => part.counter !== undefined)
      if (counter !== undefined) sum[rule.comment] += counter.counter.packets
    }
    return sum
  }

  /** Ends what runs on its hosts, and takes them away. Does not wait for anything: the process may be ending. */
  close() {
    if (!open.delete(this)) return
    for (const { namespace } of [...this.#hosts.values(), { namespace: this.#hub }])
      removeNamespace(namespace)
  }

  async #drop(name, what, protocols = ['udp', 'tcp']) {
    const { namespace } = this.#host(name)
    const rule = (protocol) =>
      `add rule inet faults input meta l4proto ${protocol} ${what} counter drop comment "${protocol}"`
    const lines = [
      'add table inet faults',
      'add chain inet faults input { type filter hook input priority 0; }',
      ...protocols.map(rule),
    ]
    await command('ip', ['netns', 'exec', namespace, 'nft', '-f', '-'], `${lines.join('\n')}\n`)
  }

  #host(name) {
    const host = this.#hosts.get(name)
    if (host === undefined) throw new Error(`there is no host ${name}`)
    return host
  }
}

function removeNamespace(namespace) {
  const found = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' })
  for (const pid of (found.stdout ?? '').split('\n').filter(Boolean)) {
    try {
      process.kill(Number(pid), 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  spawnSync('ip', ['netns', 'delete', namespace])
}

/** Closes all networks, whatever happens. */
export function closeNetworks() {
  for (const network of [...open]) network.close()
}

/** Has all networks closed when the process ends, or is told to. */
export function closeNetworksAtExit() {
  process.on('exit', closeNetworks)
  for (const [signal, code] of Object.entries({ SIGHUP: 1, SIGINT: 2, SIGTERM: 15 })) {
    process.on(signal, () => process.exit(128 + code))
  }
}

/** Takes away what is left of runs that were killed. */
export function removeLeftOvers() {
  let namespaces
  try {
    namespaces = readdirSync(NAMESPACES)
  } catch {
    return
  }
  for (const namespace of namespaces) {
    const [, owner] = new RegExp(`^${PREFIX}-(\\d+)-`).exec(namespace) ?? []
    if (owner !== undefined && !isRunning(Number(owner))) removeNamespace(namespace)
  }
}

function isRunning(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}
