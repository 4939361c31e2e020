import { describe, expect, test } from 'vitest'
import { SseParser, messagesOf } from '../../../page/sse.js'
import { seeded } from '../../helpers/random'

const parse = (...pieces: string[]) => {
  const parser = new SseParser()
  return pieces.flatMap((piece) => parser.push(piece))
}

describe('a stream of events', () => {
  test('gives a message for each block, with type, data and id', () => {
    expect(parse('id: 7\nevent: ring:changed\ndata: {"a":1}\n\ndata: b\n\n')).toEqual([
      { event: 'ring:changed', data: '{"a":1}', id: '7' },
      { event: 'message', data: 'b', id: '7' },
    ])
  })

  test('joins the lines of data, and takes one space after the colon away', () => {
    expect(parse('data:a\ndata:  b\ndata\n\n')[0]!.data).toBe('a\n b\n')
  })

  test('passes over comments, unknown fields, and blocks without data', () => {
    expect(parse(': hello\n\nretry: 5\nfoo: bar\n\nevent: a\n\ndata: x\n\n')).toEqual([
      { event: 'message', data: 'x', id: '' },
    ])
  })

  test('drops a message that has not ended, and an id with a NUL', () => {
    expect(parse('data: x\n')).toEqual([])
    expect(parse('id: 1\nid: a\0b\ndata: x\n\n')[0]!.id).toBe('1')
  })

  test('may begin with a byte order mark, and only begin', () => {
    expect(parse('\ufeffdata: x\n\n\ufeffdata: y\n\ndata: z\n\n').map(({ data }) => data)).toEqual(['x', 'z'])
  })

  test.each(['\n', '\r', '\r\n'])('has lines that end with %j, wherever the pieces are cut', (end) => {
    const random = seeded('wherever the pieces are cut')
    const whole = ['id: 1', 'event: a', 'data: x', 'data: ü', '', ': ping', '', 'data: y', '', ''].join(end)
    const expected = [
      { event: 'a', data: 'x\nü', id: '1' },
      { event: 'message', data: 'y', id: '1' },
    ]
    for (let round = 0; round < 200; round += 1) {
      const pieces: string[] = []
      for (let at = 0; at < whole.length;) {
        const length = random.below(4)
        pieces.push(whole.slice(at, at + length))
        at += length
      }
      expect(parse(...pieces)).toEqual(expected)
    }
  })

  test('of a message without an end is refused before it fills the memory', () => {
    const parser = new SseParser()
    const piece = 'x'.repeat(1024 * 1024)
    parser.push('data: ')
    expect(() => {
      for (let count = 0; count < 20; count += 1) parser.push(piece)
    }).toThrow('more than 16777216 characters')
  })

  test('is read from bytes, characters cut in two, and cancelled when nobody reads on', async () => {
    const bytes = new TextEncoder().encode('data: 🦀\n\ndata: b\n\n')
    let cancelled = false
    let pieceCount = 0
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
      },
      cancel() {
        cancelled = true
      },
    })
    for await (const message of messagesOf(body, () => (pieceCount += 1))) {
      expect(message.data).toBe('🦀')
      break
    }
    expect(cancelled).toBe(true)
    expect(pieceCount).toBe('data: '.length + 4 + 2)
  })
})
