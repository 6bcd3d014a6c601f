import type { Operation } from '@apollo/federation-internals'
import type { PlanNode, ResponsePath } from '@apollo/query-planner'
import type { GraphQLSchema } from 'graphql'
import { compileFetch } from './fetch.ts'
import { NotCompilable } from './generate.ts'
import type { Step } from './run.ts'

/** Compiles the nodes of a plan. @throws NotCompilable */
export function compilePlan(root: PlanNode, operation: Operation, supergraphSchema: GraphQLSchema): Step {
  const isQuery = operation.rootKind === 'query'
  const use = !isQuery ? 'mutation' : root.kind === 'Fetch' ? 'alone' : 'query'
  return stepOf(root, [])

  function stepOf(node: PlanNode, path: ResponsePath): Step {
    switch (node.kind) {
      case 'Fetch':
        return compileFetch(node, path, supergraphSchema, use)
      case 'Sequence':
        return inSequence(node.nodes.map((child) => stepOf(child, path)))
      case 'Parallel':
        return inParallel(node.nodes.map((child) => stepOf(child, path)))
      case 'Flatten':
        // Several fetches, one after the other, would have to see the objects that stood there before the first of them.
        if (path.length > 0 || !isAtOnce(node.node)) throw new NotCompilable('nested paths')
        return stepOf(node.node, node.path)
      // Both are decided before: see `resolveConditions` and `executeIncrementally`.
      case 'Condition':
      case 'Defer':
        throw new NotCompilable(node.kind)
    }
  }
}

function inSequence(steps: Step[]): Step {
  const [only] = steps
  if (only && steps.length === 1) return only
  return async (run) => {
    for (const step of steps) await step(run)
  }
}

const inParallel =
  (steps: Step[]): Step =>
  async (run) => {
    await Promise.all(steps.map((step) => step(run)))
  }

const isAtOnce = (node: PlanNode): boolean =>
  node.kind === 'Fetch' || (node.kind === 'Parallel' && node.nodes.every(isAtOnce))
