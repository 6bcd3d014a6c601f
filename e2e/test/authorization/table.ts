import type { Row } from './ask.ts'
import type { Role } from './world.ts'

const HEADINGS: Record<Role, string> = {
  anonymous: 'anonymous',
  guest: 'guest',
  customer: 'customer',
  otherCustomer: 'other customer',
  organizer: 'organizer',
  otherOrganizer: 'other organizer',
  door: 'door staff',
  doorMember: 'member DOOR',
  salesMember: 'member SALES',
  editorMember: 'member EDITOR',
  admin: 'admin',
}

const INTRODUCTION = `# Who may do what

Each row was asked of the whole system by everybody, with the same real arguments: \`npm run authorization\` writes this page, and \`npm test\` fails when an answer is another one
(\`e2e/test/authorization.test.ts\`). What is asked for belongs to *customer* (a booking, a ticket, a hold, a cart) and *organizer* (an event, and all that belongs to it); the *other* ones have accounts of the same kind and
nothing to do with it. *Door staff* are scanners of that organizer's event; *members* are customers who are on the staff of all of the organizer's events, in one role each. Admins are asked last.

\`yes\`: it was given, or done. \`null\`: nothing, without an error. Anything else is the code of the refusal; where one who may is told \`CONFLICT\` or the like, it was done before, or there is nothing of theirs to do it with.
A new field comes into the table by itself; where the ids of the world and made-up texts are not enough for it, it gets an example in \`e2e/test/authorization/examples.ts\`.
`

/** The page, the same for the same answers. */
export function tableOf(
  roles: readonly Role[],
  rows: { query: Row[]; mutation: Row[]; subscription: Row[] },
  fields: readonly Row[],
): string {
  const order = (Object.keys(HEADINGS) as Role[]).filter((role) => roles.includes(role))
  const table = (title: string, about: string, of: readonly Row[]): string => {
    const head = `| | ${order.map((role) => HEADINGS[role]).join(' | ')} |\n|---|${order.map(() => '---|').join('')}`
    const lines = of
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
      .map(
        ({ name, outcomes }) =>
          `| \`${name}\` | ${order.map((role) => outcomes.get(role) ?? '·').join(' | ')} |`,
      )
    return `## ${title}\n\n${about}${head}\n${lines.join('\n')}\n`
  }
  const never = [...rows.query, ...rows.mutation, ...rows.subscription]
    .filter(({ outcomes }) => ![...outcomes.values()].includes('yes'))
    .map(({ name }) => `\`${name}\``)
  return [
    INTRODUCTION,
    `Nobody was let do these, for want of what they are about in a world so new: ${never.toSorted().join(', ')}. Of them the rows show who is refused for who they are, and no more.\n`,
    table('Queries', '', rows.query),
    table('Mutations', '', rows.mutation),
    table('Subscriptions', '', rows.subscription),
    table(
      'Fields with a rule of their own',
      'Of things that are reached as the table says: what not everybody who sees the thing is given. A dot: the thing itself cannot be seen.\n\n',
      fields,
    ),
  ].join('\n')
}
