import { useCallback, useEffect, useMemo, useState } from "react";
import type { Client, Operation } from "./api/client.ts";
import { UNAUTHENTICATED, sentence } from "./api/error.ts";
import { ApiError } from "./api/error.ts";
import { latestChange, merge } from "./api/merge.ts";
import type { Versioned } from "./api/merge.ts";

/** How a list is fetched, and how its changes arrive. Made once, outside of components. */
export interface LiveSource<Item extends Versioned, Page, Change> {
  query: Operation<Page, { first: number }>;
  items: (page: Page) => Item[];
  subscription: Operation<Change, { since: string }>;
  item: (change: Change) => Item;
}

export interface LiveList<Item> {
  /** The newest; undefined until the first answer. */
  items: readonly Item[] | undefined;
  /** One of all that were heard of, the newest or not: what one looks at stays true when newer ones push it off the list. */
  find: (id: string | null) => Item | undefined;
  connection: "connecting" | "live" | "lost";
  /** Why the connection was lost, in a sentence. */
  problem: string | null;
  /** Puts an item into the list that came another way, such as a mutation's answer. */
  add: (item: Item) => void;
}

const SIZE = 10;
const LONGEST_PAUSE = 30_000;

/**
 * A list that stays true: it fetches, then listens to everything changed since what it fetched. When the connection breaks
 * it begins again with fetching, after a pause that doubles, so that no change is missed while nobody listened.
 */
export function useLiveList<Item extends Versioned, Page, Change>(
  client: Client,
  source: LiveSource<Item, Page, Change>,
): LiveList<Item> {
  const [heard, setHeard] = useState<readonly Item[]>();
  const items = useMemo(() => heard?.slice(0, SIZE), [heard]);
  const [connection, setConnection] = useState<LiveList<Item>["connection"]>("connecting");
  const [problem, setProblem] = useState<string | null>(null);
  const add = useCallback((item: Item) => setHeard((known) => merge(known ?? [], [item])), []);

  useEffect(() => {
    let stopped = false;
    let pause = 1000;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let unsubscribe: (() => void) | undefined;

    function lost(error: unknown): void {
      unsubscribe?.();
      if (stopped || (error instanceof ApiError && error.code === UNAUTHENTICATED)) {
        return;
      }
      setConnection("lost");
      setProblem(sentence(error));
      timer = setTimeout(() => void begin(), pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
    }

    async function begin(): Promise<void> {
      let fetched: Item[];
      try {
        fetched = source.items(await client.request(source.query, { first: SIZE }));
      } catch (error) {
        lost(error);
        return;
      }
      if (stopped) {
        return;
      }
      setHeard((known) => merge(known ?? [], fetched));
      unsubscribe = client.subscribe(
        source.subscription,
        { since: latestChange(fetched) },
        {
          connected() {
            pause = 1000;
            setConnection("live");
            setProblem(null);
          },
          next: (change) => add(source.item(change)),
          failed: lost,
          completed: () => lost(new ApiError("COMPLETED", "The server ended the connection.")),
        },
      );
    }

    void begin();
    return () => {
      stopped = true;
      clearTimeout(timer);
      unsubscribe?.();
    };
  }, [client, source, add]);

  return { items, find: (id) => heard?.find((each) => each.id === id), connection, problem, add };
}
