/** Two that stand beside each other. */
export interface Pair {
  readonly a: string;
  readonly b: string;
}

export interface TreeInput {
  readonly links: readonly Pair[];
  /** On which everything hangs. */
  readonly roots: readonly string[];
  /** What a device hangs on by the school's file, which is then all it hangs on; undefined: the file says nothing of it. */
  readonly configured: (device: string) => readonly string[] | undefined;
}

/** Most ways up that are told of one device; one that has more is never cut off by them. */
const PARENTS_LIMIT = 8;

/**
 * What each device hangs on: the roots are 0 steps from themselves, and a device hangs on whatever is one step nearer on any way to it that does
 * not come from there: in a tree the one above it; in a ring, or among switches that are linked with each other, every way into that group, so
 * that it is cut off only when all of them are. Steps only ever lead nearer, so there is no circle. Without roots, and for what no root leads to,
 * nothing is said.
 */
export function treeOf(input: TreeInput): Map<string, readonly string[]> {
  const ways = waysOf(input);
  const steps = stepsFrom(input.roots, ways.down);
  const byStep = Map.groupBy([...steps.keys()], (device) => steps.get(device)!);
  const groups = new Groups();
  const parents = new Map<string, readonly string[]>();
  for (let step = Math.max(0, ...byStep.keys()); step > 0; step--) {
    const here = byStep.get(step) ?? [];
    for (const device of here)
      for (const next of [...ways.up(device), ...ways.down(device)])
        if ((steps.get(next) ?? -1) >= step) groups.unite(device, next);
    for (const members of Map.groupBy(here, (device) => groups.of(device)).values()) {
      const nearer = members.flatMap((one) => [...ways.up(one)].filter((next) => steps.get(next) === step - 1));
      const found = [...new Set(nearer)].sort();
      for (const device of members)
        if (input.configured(device) === undefined && found.length <= PARENTS_LIMIT) parents.set(device, found);
    }
  }
  return parents;
}

interface Ways {
  /** From where a device is reached. */
  readonly up: (device: string) => ReadonlySet<string>;
  /** What is reached from it. */
  readonly down: (device: string) => ReadonlySet<string>;
}

/** Links lead both ways, but for a device of the school's file: that is reached from what it hangs on, and from nowhere else. */
function waysOf({ links, configured }: TreeInput): Ways {
  const up = new Map<string, Set<string>>();
  const down = new Map<string, Set<string>>();
  const add = (from: string, to: string): void => {
    put(down, from, to);
    put(up, to, from);
  };
  for (const { a, b } of links)
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      if (configured(to)?.includes(from) ?? true) add(from, to);
  const seen = new Set<string>();
  const waiting = links.flatMap(({ a, b }) => [a, b]);
  // What stands above them by the file, up to the top, whether or not it tells of its neighbours.
  for (let device = waiting.pop(); device !== undefined; device = waiting.pop()) {
    if (seen.has(device)) continue;
    seen.add(device);
    for (const parent of configured(device) ?? []) {
      add(parent, device);
      waiting.push(parent);
    }
  }
  return { up: (device) => up.get(device) ?? NONE, down: (device) => down.get(device) ?? NONE };
}

const NONE: ReadonlySet<string> = new Set();

function put(sets: Map<string, Set<string>>, key: string, value: string): void {
  const known = sets.get(key);
  if (known) known.add(value);
  else sets.set(key, new Set([value]));
}

/** How many steps each device is from the nearest root, breadth first. */
function stepsFrom(roots: readonly string[], down: Ways['down']): Map<string, number> {
  const steps = new Map(roots.map((root) => [root, 0]));
  const queue = [...steps.keys()];
  for (const device of queue)
    for (const next of down(device))
      if (!steps.has(next)) {
        steps.set(next, steps.get(device)! + 1);
        queue.push(next);
      }
  return steps;
}

/** Devices that can reach each other (union-find with path halving). */
class Groups {
  readonly #leads = new Map<string, string>();

  of(device: string): string {
    let at = device;
    for (let lead = this.#leads.get(at); lead !== undefined; lead = this.#leads.get(at)) {
      const next = this.#leads.get(lead);
      if (next !== undefined) this.#leads.set(at, next);
      at = lead;
    }
    return at;
  }

  unite(a: string, b: string): void {
    const [left, right] = [this.of(a), this.of(b)];
    if (left !== right) this.#leads.set(left, right);
  }
}
