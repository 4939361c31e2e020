/** The order in which this package lists names. */

/** Compares texts by their UTF-8: the order of ids in native code, which that of UTF-16 units is not. */
export function inByteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b))
}
