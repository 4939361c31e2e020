/** Server-sent events, from the text of a stream: `EventSource` could not send a bearer header. */

/**
 * @typedef {object} SseMessage
 * @property {string} event Its type; `message` unless the stream says otherwise.
 * @property {string} data Its lines, joined by line feeds.
 * @property {string} id The last id that the stream gave, with this message or before it; empty before one.
 */

/** No event of a node comes near it: a stream with longer ones is something else. */
const charactersMax = 16 * 1024 * 1024

/**
 * Cuts a stream into messages, by the rules of the HTML standard, section 9.2.6: lines end with CR, LF or
 * both, wherever the pieces are cut; comments and unknown fields are passed over; what has no data is no
 * message.
 */
export class SseParser {
  #rest = ''
  #isFirst = true
  #endedWithCr = false
  /** @type {string[]} */
  #data = []
  #dataLength = 0
  #event = ''
  #id = ''

  /**
   * Takes a piece of the stream, and answers the messages that it completes.
   *
   * @param {string} text
   * @returns {SseMessage[]}
   * @throws {Error} For a message of more than 16 Mi characters.
   */
  push(text) {
    let piece = text
    if (this.#isFirst && piece !== '') {
      this.#isFirst = false
      if (piece.startsWith('\ufeff')) piece = piece.slice(1)
    }
    // The LF of a CR LF that was cut in two ends no second line.
    if (this.#endedWithCr && piece.startsWith('\n')) piece = piece.slice(1)
    if (text !== '') this.#endedWithCr = text.endsWith('\r')
    const lines = (this.#rest + piece).split(/\r\n|\r|\n/)
    this.#rest = lines.pop() ?? ''
    const messages = lines.map((line) => this.#line(line)).filter((message) => message !== undefined)
    if (this.#rest.length + this.#dataLength > charactersMax) {
      throw new Error(`the stream of events has a message of more than ${charactersMax} characters`)
    }
    return messages
  }

  /** @param {string} line */
  #line(line) {
    if (line === '') return this.#message()
    const colon = line.indexOf(':')
    const field = colon < 0 ? line : line.slice(0, colon)
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '')
    if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    else if (field === 'data') {
      this.#data.push(value)
      this.#dataLength += value.length + 1
    }
    return undefined
  }

  #message() {
    const message = { event: this.#event || 'message', data: this.#data.join('\n'), id: this.#id }
    const hasData = this.#data.length > 0
    this.#data = []
    this.#dataLength = 0
    this.#event = ''
    return hasData ? message : undefined
  }
}

/**
 * The messages of a body, as they come. A connection that breaks ends them.
 *
 * @param {ReadableStream<Uint8Array>} body
 * @param {() => void} onPiece Called with each piece: the stream lives, even where it says nothing.
 * @returns {AsyncGenerator<SseMessage>}
 */
export async function* messagesOf(body, onPiece) {
  const parser = new SseParser()
  // A BOM is the parser's to drop: it counts at the beginning of the stream only.
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  const reader = body.getReader()
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined }))
      if (done || value === undefined) return
      onPiece()
      yield* parser.push(decoder.decode(value, { stream: true }))
    }
  } finally {
    await reader.cancel().catch(() => {})
  }
}
