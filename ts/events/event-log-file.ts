/**
 * The event log on disk: one line of JSON for each event, appended.
 *
 * Each line is handed to the operating system before `publish` returns. That costs a publisher some
 * microseconds, and buys three things that a queue would not give: the last events before a crash, which are
 * the ones that people look for, are there; lines are in order of publication; and `close()` has nothing left
 * to wait for. What survives a crash of the process need not survive one of the machine: nothing is forced to
 * the disk.
 *
 * One bus writes one file. Two on the same one would mix their sequence numbers and rename each other's file.
 */

import { closeSync, fstatSync, openSync, readSync, renameSync, statSync, writeSync } from 'node:fs'

import { jsonLine } from '../json.js'
import { describedError, warn } from '../listeners.js'
import type { ClusterEvent } from './event-map.js'
import { newestLines } from './log-lines.js'
import { checkedPayload, checkedType, revived } from './payloads.js'

const LINE_FEED = 10
/** Numbers of events that are read back: those above leave no room to count on. */
const SEQUENCE_MAX = 2 ** 52

/** A file of events, with one old file beside it, `<file>.1`. */
export class EventLogFile {
  readonly #path: string
  readonly #bytesMax: number
  #file: number | undefined
  #fileBytes = 0
  /** Whether a line was begun and not ended: by a crash, or on a full disk. */
  #isMidLine = false
  #isFailing = false
  #failureCount = 0

  constructor(path: string, bytesMax: number) {
    this.#path = path
    this.#bytesMax = bytesMax
  }

  get fileBytes(): number {
    return this.#fileBytes
  }

  get failureCount(): number {
    return this.#failureCount
  }

  /** The newest events of both files, oldest first; those of lines that are whole. Never throws. */
  newest(countMax: number): ClusterEvent[] {
    const events: ClusterEvent[] = []
    for (const path of [this.#path, this.#oldPath]) {
      if (events.length === countMax) break
      try {
        if (!isThere(path)) continue
        for (const line of newestLines(path, this.#bytesMax)) {
          const event = eventOf(line)
          if (event === undefined || event.sequence >= (events.at(-1)?.sequence ?? SEQUENCE_MAX)) continue
          if (events.push(event) === countMax) break
        }
      } catch (error) {
        this.#warn(`${path} cannot be read`, error)
      }
    }
    return events.reverse()
  }

  /** Adds an event. Never throws: what fails is counted, told once, and tried again with the next event. */
  append(event: ClusterEvent): void {
    try {
      this.#write(`${jsonLine(event)}\n`)
      this.#isFailing = false
    } catch (error) {
      this.#failureCount += 1
      if (!this.#isFailing) this.#warn(`${this.#path} cannot be written`, error)
      this.#isFailing = true
      // Opened anew for the next event: then it is looked at whether a line was begun.
      this.close()
    }
  }

  /** Everything is written already. May be called again. */
  close(): void {
    if (this.#file === undefined) return
    const file = this.#file
    this.#file = undefined
    try {
      closeSync(file)
    } catch (error) {
      this.#warn(`${this.#path} cannot be closed`, error)
    }
  }

  get #oldPath(): string {
    return `${this.#path}.1`
  }

  #write(line: string): void {
    let file = this.#opened()
    const bytes = Buffer.from(this.#isMidLine ? `\n${line}` : line)
    if (this.#fileBytes > 0 && this.#fileBytes + bytes.length > this.#bytesMax) {
      this.close()
      renameSync(this.#path, this.#oldPath)
      file = this.#opened()
    }
    for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at)
    this.#fileBytes += bytes.length
    this.#isMidLine = false
  }

  /** The open file; opened where it is not, or where somebody has removed it. */
  #opened(): number {
    if (this.#file !== undefined) {
      const { nlink, size } = fstatSync(this.#file)
      this.#fileBytes = size
      if (nlink > 0) return this.#file
      this.close()
    }
    isThere(this.#path)
    const file = openSync(this.#path, 'a+', 0o640)
    this.#file = file
    this.#fileBytes = fstatSync(file).size
    const last = Buffer.alloc(1)
    if (this.#fileBytes > 0) readSync(file, last, 0, 1, this.#fileBytes - 1)
    this.#isMidLine = this.#fileBytes > 0 && last[0] !== LINE_FEED
    return file
  }

  #warn(what: string, error: unknown): void {
    const { problem } = describedError(error)
    warn('ERR_HYPERCACHE_EVENT_LOG_FAILED', `the event log ${what}: ${problem}`)
  }
}

/** Whether there is a file. @throws Where there is something else: a pipe would wait for its other end. */
function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false })
  if (found === undefined || found.isFile()) return found !== undefined
  throw new Error('it is not a regular file')
}

/** The event of a line, or nothing: a crash leaves lines behind that are not whole. */
function eventOf(line: string): ClusterEvent | undefined {
  try {
    const { type, payload, sequence, timestampMs, lamportTime } = JSON.parse(line) as Record<string, unknown>
    const known = checkedType(type)
    const areWhole = [sequence, lamportTime].every((number) => Number.isSafeInteger(number))
    if (!areWhole || (sequence as number) < 1 || (lamportTime as number) < 0) return undefined
    if ((lamportTime as number) > SEQUENCE_MAX || typeof timestampMs !== 'number') return undefined
    const checked = checkedPayload(known, revived(known, payload))
    return Object.freeze({
      type: known,
      payload: checked,
      sequence,
      timestampMs,
      lamportTime,
    }) as ClusterEvent
  } catch {
    return undefined
  }
}
