import assert from "node:assert/strict";
import { test } from "node:test";
import { latestChange, merge } from "../src/api/merge.ts";

function time(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
}

function item(id: string, revision: number, second: number, updated = second) {
  return { id, revision, createdAt: time(second), updatedAt: time(updated) };
}

test("the highest revision stays, whatever comes last", () => {
  const newer = item("a", 3, 1);
  assert.deepEqual(merge([newer], [item("a", 2, 1)]), [newer]);
  assert.deepEqual(merge([item("a", 2, 1)], [newer]), [newer]);
  assert.deepEqual(merge([], [newer, item("a", 1, 1), item("a", 2, 1)]), [newer]);
});

test("the newest come first", () => {
  const merged = merge([item("b", 1, 2), item("a", 1, 1)], [item("d", 1, 4), item("c", 1, 3)]);
  assert.deepEqual(
    merged.map((each) => each.id),
    ["d", "c", "b", "a"],
  );
});

test("equal times are ordered by id, so that rows do not jump", () => {
  const one = merge([item("a", 1, 1)], [item("b", 1, 1)]);
  const two = merge([item("b", 1, 1)], [item("a", 1, 1)]);
  assert.deepEqual(one, two);
});

test("nothing that was given is changed", () => {
  const items = Object.freeze([item("a", 1, 1)]);
  merge(items, [item("a", 2, 1)]);
  assert.equal(items[0]?.revision, 1);
});

test("the latest change is the greatest updatedAt, and long ago for an empty list", () => {
  assert.equal(latestChange([item("b", 1, 2, 5), item("a", 9, 1, 9)]), "2026-01-01T00:00:09.000Z");
  assert.equal(latestChange([]), "1970-01-01T00:00:00.000Z");
});
