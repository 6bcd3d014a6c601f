// Preloaded into every process of the platform: when the supervisor is gone without a word, stop in order too.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'))
process.channel?.unref()
