/** Gives what `make` gives, which is made when it is asked for first: not every process needs what is dear to make. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
