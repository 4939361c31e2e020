/** What is told of a hash seed, which is a secret of the placement. */

import { createHash } from 'node:crypto'

/** 16 hexadecimal digits that differ where seeds do. A seed that can be guessed can be found from them. */
export function seedTrace(seed: bigint): string {
  return createHash('sha256').update(`hypercache hash_seed ${seed}`).digest('hex').slice(0, 16)
}
