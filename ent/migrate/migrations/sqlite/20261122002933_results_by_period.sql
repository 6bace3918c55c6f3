-- +goose NO TRANSACTION
-- +goose Up
BEGIN IMMEDIATE;
-- create index "importresult_organization_id_year_period_unit_period_site_key" to table: "import_results"
CREATE INDEX `importresult_organization_id_year_period_unit_period_site_key` ON `import_results` (`organization_id`, `year`, `period_unit`, `period`, `site_key`);
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261122002933, 1);
COMMIT;
