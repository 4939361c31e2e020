/** What is written for a reader who stands still. */

import { constants, openSync } from 'node:fs'
import { Socket } from 'node:net'
import { afterAll, expect, test } from 'vitest'

import { Outlet } from '../../dist/cli/outlet.js'
import { FullPipe } from '../helpers/full-pipe'
import { temporaryFolder } from '../helpers/temporary-folder'
import { until } from '../helpers/until'

const folder = temporaryFolder('outlet')
afterAll(() => folder.remove())

/** An outlet into a full pipe, and what it has told of texts that were dropped. */
function held(waitingBytesMax: number) {
  const pipe = new FullPipe(folder.path)
  const fd = openSync(`/proc/self/fd/${pipe.input}`, constants.O_WRONLY | constants.O_NONBLOCK)
  const stream = new Socket({ fd, readable: false, writable: true })
  const told: number[] = []
  const outlet = new Outlet({ stream, waitingBytesMax, onDropped: (count) => void told.push(count) })
  const close = () => {
    stream.destroy()
    pipe.close()
  }
  return { pipe, stream, outlet, told, close }
}

test('waits in memory up to a bound; what is more is dropped whole, counted, and told once', async () => {
  const { pipe, outlet, stream, told, close } = held(100_000)
  const line = `${'x'.repeat(9_999)}\n`
  for (let round = 0; round < 25; round += 1) outlet.write(line)
  expect([stream.writableLength, told]).toEqual([100_000, []])
  let text = ''
  await until(() => {
    text += pipe.readAll()
    return told.length > 0
  })
  expect(told).toEqual([15])
  expect(text).toBe(line.repeat(10))
  outlet.write('more\n')
  await outlet.flush()
  expect(pipe.readAll()).toBe('more\n')
  expect(told).toEqual([15])
  close()
})

test('a flush ends when all is written, and in bounded time where nobody reads', async () => {
  const { pipe, outlet, close } = held(100_000)
  await outlet.flush()
  outlet.write('line\n')
  await outlet.flush()
  pipe.readAll()
  await outlet.flush()
  expect(pipe.readAll()).toBe('line\n')
  close()
})

test('a reader who goes away is no failure, and nothing is kept for it', async () => {
  const { pipe, outlet, stream } = held(100_000)
  outlet.write('line\n')
  const flushed = outlet.flush()
  pipe.close()
  await flushed
  outlet.write('line\n')
  await outlet.flush()
  expect([stream.destroyed, stream.writableLength]).toEqual([true, 0])
})
