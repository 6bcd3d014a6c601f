import type { GraphQLFormattedError } from 'graphql'
import type { FanOut } from '../delivery/fan-out.ts'
import type { Line } from '../delivery/outbox.ts'
import type { LiveOperation } from '../upstream/live-operation.ts'
import { isSeen, type Listener, Member, openTopic, type Topic } from './topic.ts'

/**
 * All who run the same operation, for whom events are the same. Mostly they hear one topic. Who comes later than an event
 * has a topic beside it until it has caught up with the first:
 * - by its revision, where events have revisions: then nothing is missed and nothing comes twice;
 * - otherwise when both topics have given the same answer last. A newcomer so gets whatever its subgraph tells one first.
 */
export interface Group {
  join(line: Line, listener: Listener, since: unknown): Member
  move(operation: LiveOperation): void
  /** Ends all in errors. */
  fail(errors: readonly GraphQLFormattedError[]): void
}

export function createGroup(first: LiveOperation, fanOut: FanOut, onEmpty: () => void): Group {
  let operation = first
  const members = new Set<Member>()
  /** The oldest goes first: the others join it. */
  const topics: Topic[] = []

  const canGoBack = (): boolean => operation.upstream.origin !== undefined

  function place(member: Member): void {
    const topic = topics.find((candidate) => suits(candidate, member.position)) ?? open(member.position)
    member.position ??= topic.position
    member.topic = topic
    topic.members.add(member)
  }

  /** Whether who comes now misses nothing, and is told nothing old, on a topic that others hear already. */
  function suits({ position, newest }: Topic, since: unknown): boolean {
    if (!newest) return since === position
    if (!canGoBack()) return false
    return since === undefined || isSeen(position, since)
  }

  function open(since: unknown): Topic {
    const topic = openTopic({
      operation,
      since,
      fanOut,
      give,
      given: () => unite(topic),
      ended: (errors) => end(topic, errors),
    })
    topics.push(topic)
    return topic
  }

  function give(member: Member, json: Buffer, revision: unknown): void {
    const { line } = member
    if (isSeen(revision, member.position)) return
    if (line.isFull) return wait(member, json)
    line.push(json)
    member.position = revision ?? member.position
  }

  /** A slow reader holds no events: when it has room again it gets all since its last revision, or else the newest. */
  function wait(member: Member, json: Buffer): void {
    if (canGoBack()) {
      withdraw(member)
      member.position ??= operation.upstream.origin
      return member.line.onDrain(() => place(member))
    }
    if (!member.waiting) member.line.onDrain(() => sendWaiting(member))
    member.waiting = json
  }

  function sendWaiting(member: Member): void {
    if (member.waiting) member.line.push(member.waiting)
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

  /** Whoever hears a younger topic and is as far as the oldest goes over to that. */
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
    if (canGoBack()) return isSeen(oldest.position, topic.position)
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
    join(line, listener, since) {
      const member = new Member(leaving, line, listener, since ?? undefined)
      members.add(member)
      place(member)
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
