/** What the live lists hold: entities whose revision grows with every change. */
export interface Versioned {
  id: string;
  revision: number;
  createdAt: string;
  updatedAt: string;
}

/** Puts what came in into the list: newest first, of each entity the highest revision. */
export function merge<Item extends Versioned>(items: readonly Item[], incoming: readonly Item[]): Item[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  for (const item of incoming) {
    const known = byId.get(item.id);
    if (!known || known.revision < item.revision) {
      byId.set(item.id, item);
    }
  }
  return [...byId.values()].toSorted(newestFirst);
}

function newestFirst(a: Versioned, b: Versioned): number {
  const byTime = Date.parse(b.createdAt) - Date.parse(a.createdAt);
  if (byTime !== 0) {
    return byTime;
  }
  return a.id < b.id ? 1 : -1;
}

/** The server's own time of the latest change in the list: what changed after it is still to come. */
export function latestChange(items: readonly Versioned[]): string {
  return items.reduce(
    (latest, item) => (Date.parse(item.updatedAt) > Date.parse(latest) ? item.updatedAt : latest),
    "1970-01-01T00:00:00.000Z",
  );
}
