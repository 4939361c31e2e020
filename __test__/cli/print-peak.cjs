'use strict'

// Loaded before the command: tells the most memory it ever had.
process.on('exit', () => {
  process.stderr.write(`peak ${process.resourceUsage().maxRSS} KiB\n`)
})
