/** Work that goes on outside this process, such as queries of a database server: a clock that is moved by hand waits for it. */
const underWay = new Set<Promise<unknown>>();

export function follow<T>(work: Promise<T>): Promise<T> {
  const done: Promise<unknown> = work.catch(() => {}).finally(() => underWay.delete(done));
  underWay.add(done);
  return work;
}

/** Resolves when something of it has ended; undefined when nothing is under way. */
export function nextEnd(): Promise<unknown> | undefined {
  return underWay.size === 0 ? undefined : Promise.race(underWay);
}
