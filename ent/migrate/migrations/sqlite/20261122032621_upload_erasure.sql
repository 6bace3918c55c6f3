-- +goose NO TRANSACTION
-- +goose Up
BEGIN IMMEDIATE;
-- add column "row_errors_erased_at" to table: "imports"
ALTER TABLE `imports` ADD COLUMN `row_errors_erased_at` datetime NULL;
-- add column "results_erased_at" to table: "imports"
ALTER TABLE `imports` ADD COLUMN `results_erased_at` datetime NULL;
-- add column "format" to table: "review_upload_histories"
ALTER TABLE `review_upload_histories` ADD COLUMN `format` json NULL;
-- add column "errors_erased_at" to table: "review_upload_histories"
ALTER TABLE `review_upload_histories` ADD COLUMN `errors_erased_at` datetime NULL;
-- create index "reviewuploadhistory_organization_id_group_id_sha256" to table: "review_upload_histories"
CREATE INDEX `reviewuploadhistory_organization_id_group_id_sha256` ON `review_upload_histories` (`organization_id`, `group_id`, `sha256`) WHERE sha256 IS NOT NULL;
-- create "organization_sweeps" table
CREATE TABLE `organization_sweeps` (`organization_id` text NOT NULL, `due_at` datetime NOT NULL, PRIMARY KEY (`organization_id`));
-- create index "organizationsweep_due_at" to table: "organization_sweeps"
CREATE INDEX `organizationsweep_due_at` ON `organization_sweeps` (`due_at`);
-- the organizations that are there
INSERT INTO `organization_sweeps` (`organization_id`, `due_at`) SELECT `id`, '1970-01-01 00:00:00.000' FROM `organizations` WHERE `id` <> 'org-system';
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261122032621, 1);
COMMIT;
