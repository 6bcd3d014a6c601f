import type { seatMap as indonesian } from '../id/seat-map.ts'
import { plural } from '../format.ts'
import type { Same } from '../same.ts'

const seats = (n: number) => plural(n, { one: '# seat', other: '# seats' })

/** Choosing seats: the map, the lists, and what was chosen. */
export const seatMap: Same<typeof indonesian> = {
  party: 'How many of you?',
  free: 'Free',
  map: (free) => `Seat map. ${seats(free)} free. Seats can be chosen from the lists above, too.`,
  mapHelp: 'Arrow keys move it, plus and minus zoom, zero shows all of it.',
  zoomIn: 'Zoom in',
  zoomOut: 'Zoom out',
  fit: 'Show the whole map',
  front: 'Front',
  stage: 'Stage',
  floors: 'Floor',
  allFloors: 'All floors',
  loading: 'Loading the seat map…',
  reconnecting: 'The connection is lost. The map will catch up once it is back.',
  failed: 'The seat map does not load just now. We keep trying.',
  noMap: 'This event has no numbered seats.',
  noCanvas: 'Your browser cannot show the map. Choose seats from the lists.',
  list: {
    title: 'Choose from lists, without the map',
    section: 'Section',
    row: 'Row',
    seats: (party) => (party === 1 ? 'Seat' : 'Seats side by side'),
    choose: 'Choose first',
    sectionOption: (name, price, free) =>
      free === 0 ? `${name}, ${price}, sold out` : `${name}, ${price}, ${free} left`,
    rowOption: (name, blocks, party) =>
      party === 1
        ? `${name}, ${blocks} left`
        : `${name}, ${plural(blocks, { one: '# choice', other: '# choices' })} for ${party} side by side`,
    take: 'Choose these',
    left: (section, free) => `${section}: ${seats(free)} left.`,
    apart: (section, party) =>
      `There are no ${party} seats side by side left in ${section}. Choose another section, or fewer people and sit apart.`,
    none: (section) => `${section} is sold out.`,
    taken: (label) => `${label} chosen.`,
  },
  tiers: 'Prices',
  tierLeft: (free) => (free === 0 ? 'Sold out' : `${free} left`),
  notOnSale: 'Not on sale now',
  best: (party) => (party === 1 ? 'Best seat' : `Best ${party}`),
  bestOf: (party, tier) =>
    party === 1 ? `Best seat in ${tier}: take it` : `Best ${party} in ${tier}, side by side: take them`,
  only: (tier) => `Show ${tier} only on the map`,
  filters: {
    title: 'Filter',
    all: 'All prices',
    accessible: 'Wheelchair and companion places',
    maxPrice: 'Highest price',
    anyPrice: 'Any',
  },
  legend: {
    chosen: 'Your choice',
    mine: 'Held for you',
    held: 'Held by others',
    sold: 'Sold',
    accessible: 'Wheelchair place',
  },
  seat: (section, row, seat) =>
    row === '' ? `${section}, seat ${seat}` : `${section}, row ${row}, seat ${seat}`,
  short: (row, seat) => (row === '' ? seat : `${row}-${seat}`),
  run: (row, from, to) => (from === to ? `Row ${row}, seat ${from}` : `Row ${row}, seats ${from} to ${to}`),
  block: (from, to) => (from === to ? `Seat ${from}` : `Seats ${from} to ${to}`),
  rowName: (row) => `Row ${row}`,
  withFees: 'with all fees',
  traits: {
    accessible: 'Fits a wheelchair',
    companion: 'For a companion',
    obstructed: 'View slightly obstructed',
  },
  looks: {
    free: 'Free',
    aside: 'Not what the filter shows',
    chosen: 'Your choice',
    mine: 'Held for you',
    held: 'Held by somebody else',
    sold: 'Sold',
    blocked: 'Not for sale',
    hidden: '',
  },
  summary: {
    title: 'Your seats',
    empty: (party) =>
      party === 1
        ? 'Tap a seat on the map, or take the best.'
        : `Tap one seat: we choose ${party} side by side.`,
    more: (n) => `Choose ${seats(n)} more.`,
    remove: (seat) => `Let go of ${seat}`,
    clear: 'Let go of all',
    total: 'Total',
    continue: 'Continue',
    chosen: (n) => `${seats(n)} chosen.`,
  },
  notes: {
    taken: (seat) => `${seat} is not available any more.`,
    mine: (seat) => `${seat} is held for you already. Go on with that order, or choose another seat.`,
    aside: (seat) => `${seat} is free, but not what the filter shows.`,
    apart: (party) =>
      `There are no ${party} seats side by side here. One is chosen; choose the others one by one.`,
    gone: {
      title: (seats) => `Somebody has just taken ${seats}`,
      text: 'The rest of your choice is still there.',
      nearest: (seats) => `Take ${seats} instead`,
      none: 'There are not so many free seats left.',
    },
    orphan: {
      title: (seats) => `${seats} would be left alone`,
      text: 'So that no single seat is left that nobody wants, move over by one seat, or take that seat too.',
      move: (seats) => `Move to ${seats}`,
    },
    limit: {
      title: (limit) => `At most ${plural(limit, { one: '# place', other: '# places' })} for each person`,
      text: (remaining) =>
        remaining > 0
          ? `You can have ${remaining} more. Choose fewer.`
          : 'You have as many as you can. Finish or cancel the order that is still open.',
    },
    soldOut: {
      title: (tier, party) =>
        party === 1 ? `${tier} is sold out` : `No ${party} seats side by side are left in ${tier}`,
      text: (remaining) =>
        remaining === 0
          ? 'These seats are sold out.'
          : `${remaining} are left, but not side by side. You can have:`,
      offers: {
        TOGETHER: 'Side by side',
        SPLIT: 'In two groups',
        OTHER_TYPE: 'Side by side, at another price',
        SEPARATE: 'Apart from each other',
      },
    },
    close: 'Close this message',
  },
  demo: {
    title: 'Seat map',
    lead: 'Made-up halls, to look at the map and to measure it.',
    hall: 'Hall',
    halls: {
      cinema: 'Cinema, 200 seats',
      theatre: 'Theatre with a balcony, 1,400',
      stadium: 'Stadium, 60,000',
    },
    live: '1,000 changes a second',
    changes: (n) => plural(n, { one: '# change', other: '# changes' }),
    held: (seats) => `Held: ${seats}`,
  },
}
