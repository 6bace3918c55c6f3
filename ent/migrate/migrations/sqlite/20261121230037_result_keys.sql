-- +goose NO TRANSACTION
-- +goose Up
PRAGMA foreign_keys = off;
BEGIN IMMEDIATE;
-- create "new_import_results" table
CREATE TABLE `new_import_results` (`id` text NOT NULL, `organization_id` text NOT NULL, `attempt` integer NOT NULL, `site_key` text NOT NULL DEFAULT (''), `year` integer NOT NULL, `period_unit` text NOT NULL, `period` integer NOT NULL, `processed_data` text NOT NULL, `rows_processed` integer NOT NULL, `rows_rejected` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, `site_id` text NULL, `import_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `import_results_sites_site` FOREIGN KEY (`organization_id`, `site_id`) REFERENCES `sites` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_results_imports_results` FOREIGN KEY (`organization_id`, `import_id`) REFERENCES `imports` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `period_in_unit` CHECK ((period_unit = 'YEARLY' AND period = 1) OR (period_unit = 'QUARTERLY' AND period BETWEEN 1 AND 4) OR (period_unit = 'MONTHLY' AND period BETWEEN 1 AND 12)), CONSTRAINT `year_of_four_digits` CHECK (year BETWEEN 1 AND 9999));
-- copy rows from old table "import_results" to new temporary table "new_import_results"
INSERT INTO `new_import_results` (`id`, `organization_id`, `attempt`, `site_key`, `year`, `period_unit`, `period`, `processed_data`, `rows_processed`, `rows_rejected`, `created_at`, `site_id`, `import_id`) SELECT `id`, `organization_id`, `attempt`, `site_key`, `year`, `period_unit`, `period`, `processed_data`, `rows_processed`, `rows_rejected`, `created_at`, `site_id`, `import_id` FROM `import_results`;
-- drop "import_results" table after copying rows
DROP TABLE `import_results`;
-- rename temporary table "new_import_results" to "import_results"
ALTER TABLE `new_import_results` RENAME TO `import_results`;
-- create index "importresult_organization_id_im_7ad651e1ff8b0c679198e1632e874aa2" to table: "import_results"
CREATE INDEX `importresult_organization_id_im_7ad651e1ff8b0c679198e1632e874aa2` ON `import_results` (`organization_id`, `import_id`, `year`, `period_unit`, `period`, `site_key`, `id`);
-- create index "importresult_organization_id_si_3940b9ac157f9e2daaff4229c80441a6" to table: "import_results"
CREATE UNIQUE INDEX `importresult_organization_id_si_3940b9ac157f9e2daaff4229c80441a6` ON `import_results` (`organization_id`, `site_key`, `period_unit`, `year`, `period`, `import_id`);
-- refuse what points to nothing
CREATE TEMP TABLE dangling ("table" text CONSTRAINT no_row_points_to_nothing CHECK ("table" IS NULL));
INSERT INTO temp.dangling SELECT "table" FROM pragma_foreign_key_check;
DROP TABLE temp.dangling;
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261121230037, 1);
COMMIT;
PRAGMA foreign_keys = on;
