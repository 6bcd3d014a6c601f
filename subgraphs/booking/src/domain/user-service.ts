import { CONTACTS, type Contact, contacts } from '@karcis/kit/contracts/attendees'
import type { ServiceClient } from '@karcis/kit/service-client'

/** The user subgraph, as booking sees it. */
export function userService(client: ServiceClient | undefined) {
  if (!client) throw new Error('the user subgraph is not among the clients')
  return {
    /**
     * How to reach people, by id; those without an account are left out. Only for whoever organizes an event that they have tickets for.
     * @param ids at most `MOST_CONTACTS`. @param search only those whose name or address contains it.
     * @throws ServiceUnavailable
     */
    async contacts(ids: readonly string[], search: string | null = null): Promise<Map<string, Contact>> {
      if (ids.length === 0) return new Map()
      const data = await client.query<{ contacts: unknown }>(CONTACTS, { ids, search })
      return new Map(contacts.parse(data.contacts).map((contact) => [contact.id, contact]))
    },
  }
}

export type UserService = ReturnType<typeof userService>
