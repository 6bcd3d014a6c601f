/** What nobody needs before they have touched the map (`Picking.load`), in one file. */
export { apiDesk } from './api-desk.ts'
export { ChosenList } from './chosen-list.tsx'
export { hold } from './hold.ts'
export { SeatList } from './seat-list.tsx'
export { SeatNote } from './seat-note.tsx'
export { SeatTip } from './seat-tip.tsx'
