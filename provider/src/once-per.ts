/** Creates a function that does its work once for each object, which must not change afterwards. */
export function oncePer<Of extends object, T>(work: (of: Of) => T): (of: Of) => T {
  const done = new WeakMap<Of, { result: T }>();
  return (of) => {
    const { result } = done.get(of) ?? { result: work(of) };
    done.set(of, { result });
    return result;
  };
}
