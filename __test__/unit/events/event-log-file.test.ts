/** The event log on disk: what survives, and what happens where the disk does not want. */

import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

import { LamportClock, SimpleEventBus, type SimpleEventBusOptions } from '../../../dist/index.js'
import { payloads, allTypes } from '../../conformance/event-bus-subject'
import { warningsOf } from '../../conformance/rules'
import { seeded } from '../../helpers/random'

const FAILED = 'ERR_HYPERCACHE_EVENT_LOG_FAILED'

const entry = JSON.stringify(join(__dirname, '../../../dist/index.js'))

let folder: string
let logFile: string
const open: SimpleEventBus[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'hypercache-events-'))
  logFile = join(folder, 'events.log')
})
afterEach(() => {
  open.splice(0).forEach((bus) => bus.close())
  rmSync(folder, { recursive: true, force: true })
})

function started(options: SimpleEventBusOptions = {}) {
  const bus = new SimpleEventBus({ logFile, ...options })
  open.push(bus)
  return bus
}

const publish = (bus: SimpleEventBus, data: unknown) => bus.publish('custom', { name: 'test', data })
const dataOf = (bus: SimpleEventBus) => bus.log({ types: 'custom' }).map(({ payload }) => payload.data)
const lines = (file = logFile) => readFileSync(file, 'utf8').split('\n').slice(0, -1)
const countTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, at) => first + at)

describe('the file', () => {
  test('has a line of JSON for each event before publish returns, bigints as decimal texts', () => {
    const bus = started()
    const event = publish(bus, { big: 2n ** 64n })
    const { sequence, timestampMs, lamportTime } = event
    const payload = { name: 'test', data: { big: '18446744073709551616' } }
    expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual([
      { type: 'custom', payload, sequence, timestampMs, lamportTime },
    ])
    expect(bus.metrics().log.fileBytes).toBe(statSync(logFile).size)
  })

  test('gives the last events back, of every type, and numbers and times go on above them', () => {
    const first = started()
    for (const type of allTypes) first.publish(type, payloads[type])
    const before = first.log()
    first.close()
    const lamportClock = new LamportClock()
    const again = started({ lamportClock })
    expect(again.log()).toEqual(before)
    expect(again.log().every((event) => Object.isFrozen(event) && Object.isFrozen(event.payload))).toBe(true)
    expect(again.metrics()).toMatchObject({ publishedCount: 0, log: { eventCount: allTypes.length } })
    expect(again.metrics().lastEventAtMs).toBeUndefined()
    const next = publish(again, 1)
    expect(next.sequence).toBe(allTypes.length + 1)
    expect(next.lamportTime).toBeGreaterThan(before.at(-1)!.lamportTime)
  })

  test('gives back no more than the log holds, and the newest', () => {
    const first = started()
    for (const number of countTo(50)) publish(first, number)
    first.close()
    expect(dataOf(started({ logSize: 5 }))).toEqual(countTo(50, 46))
    expect(publish(started({ logSize: 0 }), 0).sequence).toBe(51)
  })

  test('is read to the end however the last line is torn, and goes on in a new one', () => {
    const first = started()
    for (const number of countTo(3)) publish(first, `ü${number}`)
    first.close()
    const whole = readFileSync(logFile)
    const lastStart = whole.lastIndexOf('\n', whole.length - 2) + 1
    for (let size = lastStart; size < whole.length - 1; size += 1) {
      writeFileSync(logFile, whole.subarray(0, size))
      const again = started()
      expect(dataOf(again)).toEqual(['ü1', 'ü2'])
      expect(publish(again, 'next').sequence).toBe(3)
      again.close()
      expect(dataOf(started())).toEqual(['ü1', 'ü2', 'next'])
    }
    // Only the end of the line is missing: then the event is there.
    truncateSync(logFile, 0)
    appendFileSync(logFile, whole.subarray(0, -1))
    const again = started()
    publish(again, 'next')
    expect(dataOf(again)).toEqual(['ü1', 'ü2', 'ü3', 'next'])
    expect(dataOf(started())).toEqual(['ü1', 'ü2', 'ü3', 'next'])
  })

  test('may hold anything else: lines that are no events are passed over', () => {
    const random = seeded('may hold anything else')
    const line = (fields: object) => JSON.stringify({ ...template, ...fields })
    const first = started()
    publish(first, 'good')
    first.close()
    const template = JSON.parse(lines()[0]!) as object
    const others = [
      ...['', '{', 'null', '[]', '7', '"text"', '{}', '\u0000', line({ type: 'member:gone' })],
      ...[line({ payload: null }), line({ payload: { name: '' } }), line({ sequence: 'x' })],
      ...[line({ sequence: 0 }), line({ sequence: 2 ** 53 }), line({ sequence: 1.5 })],
      ...[line({ lamportTime: -1 }), line({ lamportTime: 2 ** 53 }), line({ timestampMs: null })],
      ...[line({ type: 'ring:changed', payload: { movedArc: 'x' } }), `${'x'.repeat(200_000)}`],
      ...Array.from({ length: 20 }, () => JSON.stringify(random.text(100))),
    ]
    appendFileSync(logFile, `${others.join('\n')}\n${line({ sequence: 2 })}\n${line({ sequence: 2 })}\n`)
    const again = started()
    expect(again.log().map(({ sequence }) => sequence)).toEqual([1, 2])
    expect(publish(again, 1).sequence).toBe(3)
  })

  test('is read from its end only, however large it is', () => {
    // A gigabyte that takes no place on the disk.
    writeFileSync(logFile, '')
    truncateSync(logFile, 2 ** 30)
    const event = { payload: { name: 'test' }, sequence: 7, timestampMs: 1, lamportTime: 9, type: 'custom' }
    appendFileSync(logFile, `\n${JSON.stringify(event)}\n`)
    const program = `const { SimpleEventBus } = require(${entry})
      const before = process.memoryUsage().rss
      const bus = new SimpleEventBus({ logFile: ${JSON.stringify(logFile)}, logSize: 1000 })
      console.log(bus.log().length, process.memoryUsage().rss - before < 200e6)`
    expect(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' })).toBe('1 true\n')
  })

  test('is read back no further than its bound', () => {
    const first = started()
    for (const number of countTo(100)) publish(first, number)
    first.close()
    const numbers = dataOf(started({ logFileMaxBytes: 1_024 }))
    expect(numbers.length).toBeLessThan(20)
    expect(numbers).toEqual(countTo(100, 101 - numbers.length))
  })

  test('is put aside when the next line would pass its bound, and one old file is kept', () => {
    const bus = started({ logFileMaxBytes: 1_024 })
    for (const number of countTo(40)) {
      publish(bus, number)
      expect(statSync(logFile).size).toBeLessThanOrEqual(1_024)
      expect(bus.metrics().log.fileBytes).toBe(statSync(logFile).size)
    }
    const both = [...lines(`${logFile}.1`), ...lines()]
    const numbers = both.map((line) => (JSON.parse(line) as { sequence: number }).sequence)
    expect(numbers).toEqual(countTo(40, 40 - numbers.length + 1))
    expect(statSync(`${logFile}.1`).size).toBeGreaterThan(800)
    expect(existsSync(`${logFile}.2`)).toBe(false)
    bus.close()
    const again = started({ logFileMaxBytes: 1_024 })
    expect(again.log().map(({ sequence }) => sequence)).toEqual(numbers)
    expect(publish(again, 41).sequence).toBe(41)
  })

  test('takes a line that is longer than its bound, in a file of its own', () => {
    const bus = started({ logFileMaxBytes: 1_024 })
    publish(bus, 'x'.repeat(5_000))
    expect(existsSync(`${logFile}.1`)).toBe(false)
    publish(bus, 2)
    publish(bus, 'x'.repeat(5_000))
    publish(bus, 4)
    expect(lines()).toHaveLength(1)
    expect(lines(`${logFile}.1`)).toHaveLength(1)
    expect(bus.metrics().log.writeFailureCount).toBe(0)
  })

  test.each(['', '{"type":"cus'])(
    'goes on above a last line that is longer than its bound, then %j',
    (torn) => {
      const bus = started({ logFileMaxBytes: 1_024 })
      for (const data of [1, 'x'.repeat(5_000), 'y'.repeat(200_000)]) publish(bus, data)
      bus.close()
      appendFileSync(logFile, torn)
      const again = started({ logFileMaxBytes: 1_024 })
      expect(again.log().map(({ sequence }) => sequence)).toEqual([2, 3])
      expect(publish(again, 4).sequence).toBe(4)
    },
  )

  test('has every event of a process that ends without a word', () => {
    const program = `const { SimpleEventBus } = require(${entry})
      const bus = new SimpleEventBus({ logFile: ${JSON.stringify(logFile)} })
      for (let data = 1; data <= 100; data += 1) bus.publish('custom', { name: 'test', data })
      process.kill(process.pid, 'SIGKILL')`
    expect(() => execFileSync(process.execPath, ['-e', program], { stdio: 'ignore' })).toThrow()
    expect(dataOf(started())).toEqual(countTo(100))
  })
})

describe('where the disk does not want', () => {
  /** Publishes with trouble and without; answers the codes of the warnings. */
  async function through(bus: SimpleEventBus, makeTrouble: () => void, endTrouble: () => void) {
    const heard: unknown[] = []
    const stop = bus.subscribe('custom', ({ payload }) => heard.push(payload.data))
    const codes = await warningsOf(() => {
      publish(bus, 1)
      makeTrouble()
      for (const number of [2, 3, 4]) publish(bus, number)
      endTrouble()
      publish(bus, 5)
    })
    expect(heard).toEqual([1, 2, 3, 4, 5])
    expect(dataOf(bus)).toEqual([1, 2, 3, 4, 5])
    expect(bus.metrics().log.writeFailureCount).toBe(3)
    stop()
    return codes
  }

  test('events go on, failures are counted, one warning is for all, the next event is tried', async () => {
    const gone = join(folder, 'gone')
    mkdirSync(gone)
    logFile = join(gone, 'events.log')
    const remove = () => rmSync(gone, { recursive: true })
    const codes = await through(started(), remove, () => mkdirSync(gone))
    expect(codes).toEqual([FAILED])
    expect(lines()).toHaveLength(1)
  })

  test('each streak is told', async () => {
    const gone = join(folder, 'gone')
    logFile = join(gone, 'events.log')
    const bus = started()
    const codes = await warningsOf(() => {
      for (let at = 0; at < 2; at += 1) {
        publish(bus, 1)
        publish(bus, 2)
        mkdirSync(gone)
        publish(bus, 3)
        rmSync(gone, { recursive: true })
      }
    })
    expect(codes).toEqual([FAILED, FAILED])
  })

  test('a file that somebody removes is begun anew', () => {
    const bus = started()
    publish(bus, 1)
    rmSync(logFile)
    publish(bus, 2)
    expect(lines()).toHaveLength(1)
    expect(bus.metrics().log).toMatchObject({ writeFailureCount: 0, fileBytes: statSync(logFile).size })
  })

  test('a file that cannot be put aside grows no further', async () => {
    const bus = started({ logFileMaxBytes: 1_024 })
    mkdirSync(`${logFile}.1`)
    writeFileSync(join(`${logFile}.1`, 'x'), '')
    const codes = await warningsOf(() => countTo(20).forEach((number) => void publish(bus, number)))
    expect(codes).toEqual([FAILED])
    expect(statSync(logFile).size).toBeLessThanOrEqual(1_024)
    expect(bus.metrics().log.writeFailureCount).toBeGreaterThan(10)
    renameSync(`${logFile}.1`, join(folder, 'other'))
    publish(bus, 21)
    expect(dataOf(started()).at(-1)).toBe(21)
  })

  test('what is no file is told, and stops nobody', async () => {
    mkdirSync(logFile)
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    for (const path of [logFile, pipe, join(logFile, 'x', 'y')]) {
      const codes = await warningsOf(() => {
        const bus = started({ logFile: path })
        publish(bus, 1)
        publish(bus, 2)
        expect(bus.metrics().log).toEqual({ eventCount: 2, fileBytes: 0, writeFailureCount: 2 })
      })
      expect(new Set(codes)).toEqual(new Set([FAILED]))
    }
  })

  test('a full disk is told, and stops nobody', () => {
    // A limit on the size of files fails in the middle of a line, as a full disk does.
    const program = `process.on('SIGXFSZ', () => {})
      const { SimpleEventBus } = require(${entry})
      const codes = []
      process.on('warning', ({ code }) => codes.push(code))
      const bus = new SimpleEventBus({ logFile: ${JSON.stringify(logFile)} })
      for (let data = 1; data <= 40; data += 1) bus.publish('custom', { name: 'test', data })
      const { eventCount, writeFailureCount } = bus.metrics().log
      setImmediate(() => console.log(codes.join(), eventCount, writeFailureCount > 5))`
    const shell = `ulimit -f 2; exec ${process.execPath} -e "$PROGRAM"`
    const env = { ...process.env, PROGRAM: program }
    const answer = execFileSync('bash', ['-c', shell], {
      encoding: 'utf8',
      env,
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    expect(answer).toBe(`${FAILED} 40 true\n`)
    const again = started()
    const { length } = dataOf(again)
    expect(length).toBeGreaterThan(5)
    publish(again, 'after')
    again.close()
    expect(dataOf(started())).toEqual([...countTo(length), 'after'])
  })
})
