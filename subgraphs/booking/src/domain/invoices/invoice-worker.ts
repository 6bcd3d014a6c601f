import { serveTasks } from '@karcis/kit/workers/thread'
import { drawInvoice } from './draw-invoice.ts'

serveTasks(drawInvoice)
