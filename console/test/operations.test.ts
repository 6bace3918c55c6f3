import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { buildSchema, parse, validate } from "graphql";
import * as operations from "../src/api/operations.ts";

// npm runs scripts in the package's folder; the contract lies beside it.
const schema = buildSchema(readFileSync("../schema.graphql", "utf8"));

for (const [name, operation] of Object.entries(operations)) {
  test(`${name} asks for nothing that the contract does not have`, () => {
    const errors = validate(schema, parse(operation.text));
    assert.deepEqual(
      errors.map((error) => error.message),
      [],
    );
  });
}
