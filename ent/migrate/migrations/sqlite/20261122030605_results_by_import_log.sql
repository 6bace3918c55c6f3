-- +goose NO TRANSACTION
-- +goose Up
BEGIN IMMEDIATE;
-- drop index "importresult_organization_id_im_7ad651e1ff8b0c679198e1632e874aa2" from table: "import_results"
DROP INDEX `importresult_organization_id_im_7ad651e1ff8b0c679198e1632e874aa2`;
-- drop index "importresult_organization_id_si_3940b9ac157f9e2daaff4229c80441a6" from table: "import_results"
DROP INDEX `importresult_organization_id_si_3940b9ac157f9e2daaff4229c80441a6`;
-- drop index "importresult_organization_id_year_period_unit_period_site_key" from table: "import_results"
DROP INDEX `importresult_organization_id_year_period_unit_period_site_key`;
-- create index "importresult_organization_id_im_6575b3123b4b5c62f515dfa8b01a66a9" to table: "import_results"
CREATE UNIQUE INDEX `importresult_organization_id_im_6575b3123b4b5c62f515dfa8b01a66a9` ON `import_results` (`organization_id`, `import_id`, `year`, `period_unit`, `period`, `site_key`);
-- create index "importresult_organization_id_ye_4fb263621678cdfcb07bccecd2fe9cdb" to table: "import_results"
CREATE INDEX `importresult_organization_id_ye_4fb263621678cdfcb07bccecd2fe9cdb` ON `import_results` (`organization_id`, `year`, `period_unit`, `period`, `site_key`, `import_id`);
-- create index "importresult_organization_id_site_key" to table: "import_results"
CREATE INDEX `importresult_organization_id_site_key` ON `import_results` (`organization_id`, `site_key`);
-- create "import_log_lines" table
CREATE TABLE `import_log_lines` (`id` text NOT NULL, `position` integer NOT NULL, `level` text NOT NULL, `message` text NOT NULL, `site_key` text NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `group_id` text NOT NULL, `import_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `import_log_lines_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_log_lines_groups_group` FOREIGN KEY (`organization_id`, `group_id`) REFERENCES `groups` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_log_lines_imports_log` FOREIGN KEY (`organization_id`, `import_id`) REFERENCES `imports` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "importlogline_organization_id_import_id_position" to table: "import_log_lines"
CREATE UNIQUE INDEX `importlogline_organization_id_import_id_position` ON `import_log_lines` (`organization_id`, `import_id`, `position`);
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261122030605, 1);
COMMIT;
