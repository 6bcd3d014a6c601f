import { serveTasks } from '@karcis/kit/workers/thread'
import { drawQrCode } from './qr-picture.ts'

/** As long as a code, of the same characters. */
const SPECIMEN = 'KC1'.padEnd(153, '0123456789')
/** The first pictures take ten times as long as those after them, and would be taken for what a picture takes. */
const WARM_UP = 12
for (let at = 0; at < WARM_UP; at++) drawQrCode(SPECIMEN)

serveTasks(drawQrCode)
