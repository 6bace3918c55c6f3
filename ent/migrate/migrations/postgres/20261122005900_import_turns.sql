-- +goose Up
-- create "import_turns" table
CREATE TABLE "import_turns" ("import_id" character varying NOT NULL, "organization_id" character varying NOT NULL, "enqueued_at" timestamptz NULL, PRIMARY KEY ("import_id"));
-- create index "importturn_line" to table: "import_turns"
CREATE INDEX "importturn_line" ON "import_turns" ("organization_id", "enqueued_at", "import_id");
