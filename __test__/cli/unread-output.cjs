// Loaded into nodes before they begin: what a test has them do.

const { UNREAD_OUTPUT } = process.env

if (UNREAD_OUTPUT === 'fill')
  for (const out of [process.stdout, process.stderr]) out.write(Buffer.alloc(1 << 20))

process.on('SIGUSR2', () => {
  if (UNREAD_OUTPUT !== 'flood') throw new Error('nobody catches this')
  // More than may wait. Each is a line of the log, in a later turn.
  for (let count = 0; count < 600; count += 1) process.emitWarning('x'.repeat(10_000))
  setImmediate(() => process.send('flooded'))
})
