-- +goose NO TRANSACTION
-- +goose Up
BEGIN IMMEDIATE;
-- create "import_turns" table
CREATE TABLE `import_turns` (`import_id` text NOT NULL, `organization_id` text NOT NULL, `enqueued_at` datetime NULL, PRIMARY KEY (`import_id`));
-- create index "importturn_line" to table: "import_turns"
CREATE INDEX `importturn_line` ON `import_turns` (`organization_id`, `enqueued_at`, `import_id`);
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261122005900, 1);
COMMIT;
