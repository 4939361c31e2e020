/** MessagePack, as Serf agents read and write it. */

import type * as Library from '@msgpack/msgpack'

interface Msgpack {
  encoder: Library.Encoder
  decoder: Library.Decoder
}

let loaded: Msgpack | undefined

/** What writes and reads values. */
export function msgpack(): Msgpack {
  if (loaded !== undefined) return loaded
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- at first use: import stays cheap
  const library = require('@msgpack/msgpack') as typeof Library
  const utf8 = new TextDecoder()
  const keyDecoder = {
    canBeCached: () => true,
    // A tag may have any name; for `__proto__` the library would refuse all that the agent said.
    decode: (bytes: Uint8Array, offset: number, byteLength: number) =>
      utf8.decode(bytes.subarray(offset, offset + byteLength)).replace(/^__proto__$/, '__proto__ (renamed)'),
  }
  loaded = { encoder: new library.Encoder(), decoder: new library.Decoder({ keyDecoder }) }
  return loaded
}
