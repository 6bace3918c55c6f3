-- +goose NO TRANSACTION
-- +goose Up
BEGIN IMMEDIATE;
-- add column "swept_at" to table: "issued_uploads"
ALTER TABLE `issued_uploads` ADD COLUMN `swept_at` datetime NULL;
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261122034521, 1);
COMMIT;
