import type { GraphQLFormattedError } from 'graphql'
import type { FanOut } from '../delivery/fan-out.ts'
import type { FrameChannel } from '../delivery/write-queue.ts'
import type { LiveOperation } from '../upstream/live-operation.ts'
import { isSeen, type Listener, Member, openTopic, type Topic } from './topic.ts'

/**
 * All who run the same operation, for whom events are the same. Mostly they share one topic. A member that joins after an event
 * or that knows a later revision, has a topic of its own until both are as far:
 * - by its revision, where events have revisions: then nothing is missed and nothing comes twice;
 * - otherwise when both topics have had the same response last. So a newcomer gets whatever its subgraph tells newcomers first.
 */
export interface Group {
  join(channel: FrameChannel, listener: Listener, since: unknown): Member
  move(operation: LiveOperation): void
  /** Ends all memberships with errors. */
  fail(errors: readonly GraphQLFormattedError[]): void
}

export function createGroup(first: LiveOperation, fanOut: FanOut, onEmpty: () => void): Group {
  let operation = first
  const members = new Set<Member>()
  /** The oldest is the first: the others are united with it. */
  const topics: Topic[] = []

  const canResume = (): boolean => operation.upstream.origin !== undefined

  function assign(member: Member): void {
    const topic = topics.find((candidate) => suits(candidate, member.position)) ?? open(member.position)
    member.position ??= topic.position
    member.topic = topic
    topic.members.add(member)
  }

  /**
   * Whether a member that joins now misses nothing, and is sent nothing old, on a topic that others have already. One that knows a later
   * revision must ask by itself: the server may have been restored to an earlier one, and then has to tell it so.
   */
  function suits({ position, newest }: Topic, since: unknown): boolean {
    if (!newest) return since === position
    if (!canResume()) return false
    return since === undefined || since === position
  }

  function open(since: unknown): Topic {
    const topic = openTopic({
      operation,
      since,
      fanOut,
      deliver,
      delivered: () => unite(topic),
      ended: (errors) => end(topic, errors),
    })
    topics.push(topic)
    return topic
  }

  function deliver(member: Member, json: Buffer, revision: unknown, isReset: boolean): void {
    const { channel } = member
    if (!isReset && isSeen(revision, member.position)) return
    if (channel.isFull) return wait(member, json)
    channel.push(json)
    member.position = revision ?? member.position
  }

  /** No events are held for a slow reader: when it has room again it gets all since its last revision, or else the newest. */
  function wait(member: Member, json: Buffer): void {
    if (canResume()) {
      withdraw(member)
      member.position ??= operation.upstream.origin
      return member.channel.onDrain(() => assign(member))
    }
    if (!member.waiting) member.channel.onDrain(() => sendWaiting(member))
    member.waiting = json
  }

  function sendWaiting(member: Member): void {
    if (member.waiting) member.channel.push(member.waiting)
    member.waiting = null
  }

  function withdraw(member: Member): void {
    const { topic } = member
    member.topic = null
    topic?.members.delete(member)
    if (topic?.members.size === 0) drop(topic)
  }

  function drop(topic: Topic): void {
    topic.close()
    const index = topics.indexOf(topic)
    if (index >= 0) topics.splice(index, 1)
  }

  /** Members of a younger topic that is as far as the oldest go over to that. */
  function unite(changed: Topic): void {
    const [oldest, ...younger] = topics
    if (!oldest || younger.length === 0) return
    for (const topic of changed === oldest ? younger : [changed]) {
      if (!isAsFar(topic, oldest)) continue
      for (const member of topic.members) {
        member.topic = oldest
        oldest.members.add(member)
      }
      drop(topic)
    }
  }

  function isAsFar(topic: Topic, oldest: Topic): boolean {
    // What is known of a topic without events is what its members said, which may be of a future that the server has lost.
    if (canResume())
      return topic.newest ? isSeen(oldest.position, topic.position) : oldest.position === topic.position
    return topic.newest !== null && oldest.newest !== null && topic.newest.equals(oldest.newest)
  }

  function end(topic: Topic, errors: readonly GraphQLFormattedError[] | null): void {
    const left = [...topic.members]
    drop(topic)
    for (const member of left) finish(member, errors)
    if (members.size === 0) onEmpty()
  }

  function finish(member: Member, errors: readonly GraphQLFormattedError[] | null): void {
    members.delete(member)
    member.topic = null
    sendWaiting(member)
    if (errors) member.listener.failed(errors)
    else member.listener.completed()
  }

  const leaving = {
    leave(member: Member): void {
      if (!members.delete(member)) return
      withdraw(member)
      if (members.size === 0) onEmpty()
    },
  }

  return {
    join(channel, listener, since) {
      const member = new Member(leaving, channel, listener, since ?? undefined)
      members.add(member)
      assign(member)
      return member
    },

    move(next) {
      operation = next
      for (const topic of topics) topic.move(next)
    },

    fail(errors) {
      const left = [...members]
      for (const topic of topics.splice(0)) topic.close()
      for (const member of left) finish(member, errors)
      onEmpty()
    },
  }
}
