/** Server-sent events out of a body, piece by piece (HTML standard, section 9.2.6). */

import { CliFailure, EXIT_FAILED } from './failure.js'

/** No event of a node comes near it. */
const CHARACTERS_MAX = 16 << 20

/**
 * The data of each event, as it comes. Lines end with LF, as those of a node do; comments and other fields
 * are passed over.
 *
 * @param onPiece Called with each piece of the body, whatever is in it.
 * @throws CliFailure for an event of more than 16 Mi characters; what the body throws.
 */
export async function* eventData(
  body: AsyncIterable<Uint8Array>,
  onPiece: () => void,
): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const piece of body) {
    onPiece()
    const blocks = (rest + decoder.decode(piece, { stream: true })).split('\n\n')
    rest = blocks.pop()!
    if (rest.length > CHARACTERS_MAX)
      throw new CliFailure(EXIT_FAILED, `an event has more than ${CHARACTERS_MAX} characters`)
    for (const block of blocks) {
      const lines = block.split('\n').filter((line) => line.startsWith('data:'))
      if (lines.length > 0) yield lines.map((line) => line.slice(5).replace(/^ /, '')).join('\n')
    }
  }
}
