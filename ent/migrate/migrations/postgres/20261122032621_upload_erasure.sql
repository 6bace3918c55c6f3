-- +goose Up
-- modify "imports" table
ALTER TABLE "imports" ADD COLUMN "row_errors_erased_at" timestamptz NULL, ADD COLUMN "results_erased_at" timestamptz NULL;
-- modify "review_upload_histories" table
ALTER TABLE "review_upload_histories" ADD COLUMN "format" jsonb NULL, ADD COLUMN "errors_erased_at" timestamptz NULL;
-- create index "reviewuploadhistory_organization_id_group_id_sha256" to table: "review_upload_histories"
CREATE INDEX "reviewuploadhistory_organization_id_group_id_sha256" ON "review_upload_histories" ("organization_id", "group_id", "sha256") WHERE sha256 IS NOT NULL;
-- create "organization_sweeps" table
CREATE TABLE "organization_sweeps" ("organization_id" character varying NOT NULL, "due_at" timestamptz NOT NULL, PRIMARY KEY ("organization_id"));
-- create index "organizationsweep_due_at" to table: "organization_sweeps"
CREATE INDEX "organizationsweep_due_at" ON "organization_sweeps" ("due_at");
-- the organizations that are there; the owner sees them where row-level security is not forced, and the step that makes the
-- policies forces it again
ALTER TABLE "organizations" NO FORCE ROW LEVEL SECURITY;
INSERT INTO "organization_sweeps" ("organization_id", "due_at") SELECT "id", 'epoch' FROM "organizations" WHERE "id" <> 'org-system';
