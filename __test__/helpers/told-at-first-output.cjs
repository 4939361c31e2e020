// Loaded before a program: sends it a signal at the moment of its first output, before a byte of it is out. A program
// that listens to signals only later is ended by it.

'use strict'

const fs = require('node:fs')

let isTold = false

/** Has a function of an object tell first, where its arguments are output. */
function wrap(owner, name, isOutput) {
  const original = owner[name]
  owner[name] = function (...args) {
    if (!isTold && isOutput(...args)) {
      isTold = true
      process.kill(process.pid, process.env.TOLD_BY)
    }
    return original.apply(this, args)
  }
}

for (const stream of [process.stdout, process.stderr]) wrap(stream, 'write', () => true)
// What writes to the descriptors, past the streams.
for (const name of ['write', 'writeSync'])
  wrap(fs, name, (descriptor) => descriptor === 1 || descriptor === 2)
if (process.send) wrap(process, 'send', () => true)
