import type { FetchNode, PlanNode, QueryPlan, SubscriptionNode } from '@apollo/query-planner'

/**
 * A plan with other fetches in place of its own.
 * @param replace gives one fetch, or several to be made at the same time. The first fetch of a subscription stays one.
 */
export function mapFetches(plan: QueryPlan, replace: (fetch: FetchNode) => FetchNode[]): QueryPlan {
  return plan.node ? { ...plan, node: mapped(plan.node) } : plan

  function mapped<Node extends PlanNode | SubscriptionNode>(node: Node): Node
  function mapped(node: PlanNode | SubscriptionNode): PlanNode | SubscriptionNode {
    switch (node.kind) {
      case 'Fetch': {
        const [first = node, ...others] = replace(node)
        return others.length > 0 ? { kind: 'Parallel', nodes: [first, ...others] } : first
      }
      case 'Sequence':
      case 'Parallel':
        return { ...node, nodes: node.nodes.map((one) => mapped(one)) }
      case 'Flatten':
        return { ...node, node: mapped(node.node) }
      case 'Condition':
        return {
          ...node,
          ...(node.ifClause && { ifClause: mapped(node.ifClause) }),
          ...(node.elseClause && { elseClause: mapped(node.elseClause) }),
        }
      case 'Subscription': {
        const [primary = node.primary] = replace(node.primary)
        return { ...node, primary, ...(node.rest && { rest: mapped(node.rest) }) }
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
    return part.node ? { ...part, node: mapped(part.node) } : part
  }
}
