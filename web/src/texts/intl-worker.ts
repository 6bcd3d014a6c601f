// What the first use of `Intl` prepares, all threads of the page have then (intl.ts).
new Intl.NumberFormat('id')
new Intl.DateTimeFormat('id')
postMessage(null)
close()
