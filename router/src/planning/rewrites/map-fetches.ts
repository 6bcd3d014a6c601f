import type { FetchNode, PlanNode, QueryPlan, ResponsePath, SubscriptionNode } from '@apollo/query-planner'

/**
 * A plan with other fetches in place of its own.
 * @param replace gives one fetch, or several to be made at the same time; it learns to which objects. The first fetch of a subscription
 *   stays one.
 */
export function mapFetches(
  plan: QueryPlan,
  replace: (fetch: FetchNode, path: ResponsePath) => FetchNode[],
): QueryPlan {
  return plan.node ? { ...plan, node: mapped(plan.node, []) } : plan

  function mapped<Node extends PlanNode | SubscriptionNode>(node: Node, path: ResponsePath): Node
  function mapped(node: PlanNode | SubscriptionNode, path: ResponsePath): PlanNode | SubscriptionNode {
    switch (node.kind) {
      case 'Fetch': {
        const [first = node, ...others] = replace(node, path)
        return others.length > 0 ? { kind: 'Parallel', nodes: [first, ...others] } : first
      }
      case 'Sequence':
      case 'Parallel':
        return { ...node, nodes: node.nodes.map((one) => mapped(one, path)) }
      case 'Flatten':
        return { ...node, node: mapped(node.node, node.path) }
      case 'Condition':
        return {
          ...node,
          ...(node.ifClause && { ifClause: mapped(node.ifClause, path) }),
          ...(node.elseClause && { elseClause: mapped(node.elseClause, path) }),
        }
      case 'Subscription': {
        const [primary = node.primary] = replace(node.primary, path)
        return { ...node, primary, ...(node.rest && { rest: mapped(node.rest, path) }) }
      }
      case 'Defer':
        return {
          ...node,
          primary: withMapped(node.primary),
          deferred: node.deferred.map((one) => withMapped(one)),
        }
    }
  }

  function withMapped<Part extends { node?: PlanNode }>(part: Part): Part {
    return part.node ? { ...part, node: mapped(part.node, []) } : part
  }
}
