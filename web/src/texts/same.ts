type Words<T> = T extends (...given: infer A) => infer R
  ? (...given: A) => Words<R>
  : T extends string
    ? string
    : { readonly [K in keyof T]: Words<T[K]> }

/** Texts with the same keys and the same arguments: what is missing in the other language does not compile. */
export type Same<T> = Words<T>
