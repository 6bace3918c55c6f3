-- +goose NO TRANSACTION
-- +goose Up
BEGIN IMMEDIATE;
-- create "groups" table
CREATE TABLE `groups` (`id` text NOT NULL, `name` text NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `organization_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `groups_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "group_organization_id_id" to table: "groups"
CREATE UNIQUE INDEX `group_organization_id_id` ON `groups` (`organization_id`, `id`);
-- create index "group_organization_id_name" to table: "groups"
CREATE UNIQUE INDEX `group_organization_id_name` ON `groups` (`organization_id`, `name`);
-- create "group_memberships" table
CREATE TABLE `group_memberships` (`id` text NOT NULL, `created_at` datetime NOT NULL, `ended_at` datetime NULL, `organization_id` text NOT NULL, `group_id` text NOT NULL, `user_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `group_memberships_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `group_memberships_groups_group` FOREIGN KEY (`organization_id`, `group_id`) REFERENCES `groups` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `group_memberships_users_user` FOREIGN KEY (`organization_id`, `user_id`) REFERENCES `memberships` (`organization_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "groupmembership_organization_id_group_id_user_id" to table: "group_memberships"
CREATE UNIQUE INDEX `groupmembership_organization_id_group_id_user_id` ON `group_memberships` (`organization_id`, `group_id`, `user_id`);
-- create index "groupmembership_user_id" to table: "group_memberships"
CREATE INDEX `groupmembership_user_id` ON `group_memberships` (`user_id`);
-- create "import_definitions" table
CREATE TABLE `import_definitions` (`id` text NOT NULL, `name` text NOT NULL, `normalized_name` text NULL, `description` text NULL, `version` integer NOT NULL DEFAULT (1), `archived_at` datetime NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `input_schema` json NOT NULL, `output_schema` json NOT NULL, `processor_code` text NULL, `format` json NOT NULL, `on_invalid_row` text NOT NULL DEFAULT ('FAIL'), `on_unknown_site` text NOT NULL DEFAULT ('ACCEPT'), `organization_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `import_definitions_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "importdefinition_organization_id_id" to table: "import_definitions"
CREATE UNIQUE INDEX `importdefinition_organization_id_id` ON `import_definitions` (`organization_id`, `id`);
-- create index "importdefinition_organization_id_normalized_name" to table: "import_definitions"
CREATE UNIQUE INDEX `importdefinition_organization_id_normalized_name` ON `import_definitions` (`organization_id`, `normalized_name`);
-- create index "importdefinition_organization_id_name_id" to table: "import_definitions"
CREATE INDEX `importdefinition_organization_id_name_id` ON `import_definitions` (`organization_id`, `name`, `id`);
-- create "import_definition_versions" table
CREATE TABLE `import_definition_versions` (`id` text NOT NULL, `number` integer NOT NULL, `created_at` datetime NOT NULL, `input_schema` json NOT NULL, `output_schema` json NOT NULL, `processor_code` text NULL, `format` json NOT NULL, `on_invalid_row` text NOT NULL DEFAULT ('FAIL'), `on_unknown_site` text NOT NULL DEFAULT ('ACCEPT'), `import_definition_id` text NOT NULL, `organization_id` text NOT NULL, `created_by_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `import_definition_versions_import_definitions_versions` FOREIGN KEY (`organization_id`, `import_definition_id`) REFERENCES `import_definitions` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_definition_versions_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_definition_versions_users_created_by` FOREIGN KEY (`created_by_id`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `number_from_1` CHECK (number >= 1));
-- create index "importdefinitionversion_organization_id_id" to table: "import_definition_versions"
CREATE UNIQUE INDEX `importdefinitionversion_organization_id_id` ON `import_definition_versions` (`organization_id`, `id`);
-- create index "importdefinitionversion_organiz_de696333da88b0c43cfc10ea477168fd" to table: "import_definition_versions"
CREATE UNIQUE INDEX `importdefinitionversion_organiz_de696333da88b0c43cfc10ea477168fd` ON `import_definition_versions` (`organization_id`, `import_definition_id`, `number`);
-- create "import_leases" table
CREATE TABLE `import_leases` (`import_id` text NOT NULL, `organization_id` text NOT NULL, `attempt` integer NOT NULL, `worker` text NOT NULL, `expires_at` datetime NOT NULL, PRIMARY KEY (`import_id`));
-- create index "importlease_expires_at" to table: "import_leases"
CREATE INDEX `importlease_expires_at` ON `import_leases` (`expires_at`);
-- create "import_results" table
CREATE TABLE `import_results` (`id` text NOT NULL, `attempt` integer NOT NULL, `site_key` text NOT NULL DEFAULT (''), `year` integer NOT NULL, `period_unit` text NOT NULL, `period` integer NOT NULL, `processed_data` text NOT NULL, `rows_processed` integer NOT NULL, `rows_rejected` integer NOT NULL DEFAULT (0), `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `site_id` text NULL, `import_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `import_results_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_results_sites_site` FOREIGN KEY (`organization_id`, `site_id`) REFERENCES `sites` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_results_imports_results` FOREIGN KEY (`organization_id`, `import_id`) REFERENCES `imports` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `period_in_unit` CHECK ((period_unit = 'YEARLY' AND period = 1) OR (period_unit = 'QUARTERLY' AND period BETWEEN 1 AND 4) OR (period_unit = 'MONTHLY' AND period BETWEEN 1 AND 12)), CONSTRAINT `year_of_four_digits` CHECK (year BETWEEN 1 AND 9999));
-- create index "importresult_organization_id_im_7ad651e1ff8b0c679198e1632e874aa2" to table: "import_results"
CREATE INDEX `importresult_organization_id_im_7ad651e1ff8b0c679198e1632e874aa2` ON `import_results` (`organization_id`, `import_id`, `year`, `period_unit`, `period`, `site_key`, `id`);
-- create index "importresult_organization_id_si_3940b9ac157f9e2daaff4229c80441a6" to table: "import_results"
CREATE UNIQUE INDEX `importresult_organization_id_si_3940b9ac157f9e2daaff4229c80441a6` ON `import_results` (`organization_id`, `site_key`, `period_unit`, `year`, `period`, `import_id`);
-- create "import_row_errors" table
CREATE TABLE `import_row_errors` (`id` text NOT NULL, `position` integer NOT NULL, `row` integer NOT NULL, `line` integer NULL, `column` text NULL, `code` text NOT NULL, `value` text NULL, `message` text NOT NULL, `params` json NULL, `organization_id` text NOT NULL, `group_id` text NULL, `import_id` text NULL, `upload_history_id` integer NULL, PRIMARY KEY (`id`), CONSTRAINT `import_row_errors_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_row_errors_groups_group` FOREIGN KEY (`organization_id`, `group_id`) REFERENCES `groups` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_row_errors_imports_row_errors` FOREIGN KEY (`organization_id`, `import_id`) REFERENCES `imports` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `import_row_errors_review_upload_histories_errors` FOREIGN KEY (`organization_id`, `upload_history_id`) REFERENCES `review_upload_histories` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `history_in_group` CHECK ((upload_history_id IS NULL) = (group_id IS NULL)), CONSTRAINT `one_owner` CHECK ((import_id IS NULL) <> (upload_history_id IS NULL)));
-- create index "importrowerror_organization_id_import_id_position" to table: "import_row_errors"
CREATE UNIQUE INDEX `importrowerror_organization_id_import_id_position` ON `import_row_errors` (`organization_id`, `import_id`, `position`);
-- create index "importrowerror_organization_id_upload_history_id_position" to table: "import_row_errors"
CREATE UNIQUE INDEX `importrowerror_organization_id_upload_history_id_position` ON `import_row_errors` (`organization_id`, `upload_history_id`, `position`);
-- create "imports" table
CREATE TABLE `imports` (`id` text NOT NULL, `definition_organization_id` text NOT NULL, `definition_version` integer NOT NULL, `year` integer NULL, `requested_mapping` json NULL, `column_mapping` json NULL, `format` json NOT NULL, `on_invalid_row` text NOT NULL, `status` text NOT NULL DEFAULT ('PENDING'), `error` text NULL, `error_code` text NULL, `error_params` json NULL, `warnings` json NULL, `error_groups` json NULL, `rejected_rows_key` text NULL, `file_name` text NOT NULL, `file_size` integer NULL, `sha256` text NULL, `source_generation` integer NULL, `row_count` integer NULL, `processed_row_count` integer NOT NULL DEFAULT (0), `accepted_row_count` integer NOT NULL DEFAULT (0), `rejected_row_count` integer NOT NULL DEFAULT (0), `blank_row_count` integer NOT NULL DEFAULT (0), `result_count` integer NOT NULL DEFAULT (0), `attempt` integer NOT NULL DEFAULT (0), `crashed_attempts` integer NOT NULL DEFAULT (0), `revision` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `started_at` datetime NULL, `processed_at` datetime NULL, `updated_at` datetime NOT NULL, `cancel_requested_at` datetime NULL, `cancel_reason` text NULL, `idempotency_mutation` text NULL, `idempotency_key` text NULL, `idempotency_hash` text NULL, `organization_id` text NOT NULL, `group_id` text NOT NULL, `user_id` text NOT NULL, `upload_history_id` integer NOT NULL, `import_definition_id` text NOT NULL, `definition_version_id` text NOT NULL, `canceled_by_id` text NULL, `retry_of_id` text NULL, `correction_of_id` text NULL, `superseded_by_id` text NULL, PRIMARY KEY (`id`), CONSTRAINT `imports_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_groups_group` FOREIGN KEY (`organization_id`, `group_id`) REFERENCES `groups` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_users_user` FOREIGN KEY (`organization_id`, `user_id`) REFERENCES `memberships` (`organization_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_review_upload_histories_upload_history` FOREIGN KEY (`organization_id`, `upload_history_id`) REFERENCES `review_upload_histories` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_import_definitions_definition` FOREIGN KEY (`definition_organization_id`, `import_definition_id`) REFERENCES `import_definitions` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_import_definition_versions_ran_with` FOREIGN KEY (`definition_organization_id`, `definition_version_id`) REFERENCES `import_definition_versions` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_users_canceled_by` FOREIGN KEY (`organization_id`, `canceled_by_id`) REFERENCES `memberships` (`organization_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_imports_retries` FOREIGN KEY (`organization_id`, `retry_of_id`) REFERENCES `imports` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_imports_corrections` FOREIGN KEY (`organization_id`, `correction_of_id`) REFERENCES `imports` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `imports_imports_supersedes` FOREIGN KEY (`organization_id`, `superseded_by_id`) REFERENCES `imports` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `definition_own_or_system` CHECK (definition_organization_id = organization_id OR definition_organization_id = 'org-system'), CONSTRAINT `failed_has_code` CHECK ((status = 'FAILED') = (error_code IS NOT NULL)), CONSTRAINT `final_has_time` CHECK ((status IN ('PENDING', 'PROCESSING')) = (processed_at IS NULL)), CONSTRAINT `rows_add_up` CHECK (processed_row_count = accepted_row_count + rejected_row_count));
-- create index "importrun_organization_id_id" to table: "imports"
CREATE UNIQUE INDEX `importrun_organization_id_id` ON `imports` (`organization_id`, `id`);
-- create index "importrun_organization_id_idempotency_mutation_idempotency_key" to table: "imports"
CREATE UNIQUE INDEX `importrun_organization_id_idempotency_mutation_idempotency_key` ON `imports` (`organization_id`, `idempotency_mutation`, `idempotency_key`);
-- create index "importrun_organization_id_created_at_id" to table: "imports"
CREATE INDEX `importrun_organization_id_created_at_id` ON `imports` (`organization_id`, `created_at`, `id`);
-- create index "importrun_organization_id_status_created_at_id" to table: "imports"
CREATE INDEX `importrun_organization_id_status_created_at_id` ON `imports` (`organization_id`, `status`, `created_at`, `id`);
-- create index "importrun_organization_id_updated_at_id" to table: "imports"
CREATE INDEX `importrun_organization_id_updated_at_id` ON `imports` (`organization_id`, `updated_at`, `id`);
-- create index "importrun_organization_id_upload_history_id_created_at" to table: "imports"
CREATE INDEX `importrun_organization_id_upload_history_id_created_at` ON `imports` (`organization_id`, `upload_history_id`, `created_at`);
-- create index "importrun_organization_id_defin_32f5d630c06a8f2cc62a78092d8c2ce3" to table: "imports"
CREATE INDEX `importrun_organization_id_defin_32f5d630c06a8f2cc62a78092d8c2ce3` ON `imports` (`organization_id`, `definition_organization_id`, `import_definition_id`, `created_at`);
-- create "issued_uploads" table
CREATE TABLE `issued_uploads` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `gcs_path` text NOT NULL, `file_name` text NOT NULL, `content_type` text NOT NULL, `size` integer NOT NULL, `sha256` text NULL, `expires_at` datetime NOT NULL, `created_at` datetime NOT NULL, `organization_id` text NOT NULL, `group_id` text NOT NULL, `user_id` text NOT NULL, CONSTRAINT `issued_uploads_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `issued_uploads_groups_group` FOREIGN KEY (`organization_id`, `group_id`) REFERENCES `groups` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `issued_uploads_users_user` FOREIGN KEY (`organization_id`, `user_id`) REFERENCES `memberships` (`organization_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "issuedupload_organization_id_gcs_path" to table: "issued_uploads"
CREATE UNIQUE INDEX `issuedupload_organization_id_gcs_path` ON `issued_uploads` (`organization_id`, `gcs_path`);
-- create "memberships" table
CREATE TABLE `memberships` (`id` text NOT NULL, `role` text NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `ended_at` datetime NULL, `organization_id` text NOT NULL, `user_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `memberships_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `memberships_users_user` FOREIGN KEY (`user_id`) REFERENCES `users` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "membership_organization_id_id" to table: "memberships"
CREATE UNIQUE INDEX `membership_organization_id_id` ON `memberships` (`organization_id`, `id`);
-- create index "membership_organization_id_user_id" to table: "memberships"
CREATE UNIQUE INDEX `membership_organization_id_user_id` ON `memberships` (`organization_id`, `user_id`);
-- create index "membership_user_id" to table: "memberships"
CREATE INDEX `membership_user_id` ON `memberships` (`user_id`);
-- create "organizations" table
CREATE TABLE `organizations` (`id` text NOT NULL, `name` text NOT NULL, `slug` text NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "organizations_slug_key" to table: "organizations"
CREATE UNIQUE INDEX `organizations_slug_key` ON `organizations` (`slug`);
-- create "review_upload_histories" table
CREATE TABLE `review_upload_histories` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `file_name` text NOT NULL, `gcs_path` text NOT NULL, `unique_path` text NULL, `status` integer NOT NULL DEFAULT (0), `error_reason` text NULL, `validated_at` datetime NULL, `revision` integer NOT NULL DEFAULT (1), `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `deleted_at` datetime NULL, `expected_size` integer NULL, `expected_sha256` text NULL, `generation` integer NULL, `file_size` integer NULL, `sha256` text NULL, `row_count` integer NULL, `detected_format` json NULL, `columns` json NULL, `warnings` json NULL, `organization_id` text NOT NULL, `group_id` text NOT NULL, `user_id` text NOT NULL, CONSTRAINT `review_upload_histories_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `review_upload_histories_groups_group` FOREIGN KEY (`organization_id`, `group_id`) REFERENCES `groups` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `review_upload_histories_users_user` FOREIGN KEY (`organization_id`, `user_id`) REFERENCES `memberships` (`organization_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `number_of_53_bits` CHECK (id BETWEEN 1 AND 9007199254740991), CONSTRAINT `status_0_to_3` CHECK (status BETWEEN 0 AND 3));
-- create index "reviewuploadhistory_organization_id_id" to table: "review_upload_histories"
CREATE UNIQUE INDEX `reviewuploadhistory_organization_id_id` ON `review_upload_histories` (`organization_id`, `id`);
-- create index "reviewuploadhistory_organization_id_unique_path" to table: "review_upload_histories"
CREATE UNIQUE INDEX `reviewuploadhistory_organization_id_unique_path` ON `review_upload_histories` (`organization_id`, `unique_path`);
-- create index "reviewuploadhistory_organization_id_group_id_created_at_id" to table: "review_upload_histories"
CREATE INDEX `reviewuploadhistory_organization_id_group_id_created_at_id` ON `review_upload_histories` (`organization_id`, `group_id`, `created_at`, `id`);
-- create index "reviewuploadhistory_organization_id_group_id_updated_at_id" to table: "review_upload_histories"
CREATE INDEX `reviewuploadhistory_organization_id_group_id_updated_at_id` ON `review_upload_histories` (`organization_id`, `group_id`, `updated_at`, `id`);
-- create "sites" table
CREATE TABLE `sites` (`id` text NOT NULL, `key` text NOT NULL, `name` text NOT NULL, `aliases` json NOT NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, `organization_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `sites_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "site_organization_id_id" to table: "sites"
CREATE UNIQUE INDEX `site_organization_id_id` ON `sites` (`organization_id`, `id`);
-- create index "site_organization_id_key" to table: "sites"
CREATE UNIQUE INDEX `site_organization_id_key` ON `sites` (`organization_id`, `key`);
-- create index "site_organization_id_name_id" to table: "sites"
CREATE INDEX `site_organization_id_name_id` ON `sites` (`organization_id`, `name`, `id`);
-- create index "site_organization_id_created_at_id" to table: "sites"
CREATE INDEX `site_organization_id_created_at_id` ON `sites` (`organization_id`, `created_at`, `id`);
-- create "site_names" table
CREATE TABLE `site_names` (`id` integer NOT NULL PRIMARY KEY AUTOINCREMENT, `normalized` text NOT NULL, `site_id` text NOT NULL, `organization_id` text NOT NULL, CONSTRAINT `site_names_sites_names` FOREIGN KEY (`organization_id`, `site_id`) REFERENCES `sites` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `site_names_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION);
-- create index "sitename_organization_id_normalized" to table: "site_names"
CREATE UNIQUE INDEX `sitename_organization_id_normalized` ON `site_names` (`organization_id`, `normalized`);
-- create index "sitename_organization_id_site_id" to table: "site_names"
CREATE INDEX `sitename_organization_id_site_id` ON `site_names` (`organization_id`, `site_id`);
-- create "users" table
CREATE TABLE `users` (`id` text NOT NULL, `name` text NOT NULL, `email` text NOT NULL, `subject` text NULL, `created_at` datetime NOT NULL, `updated_at` datetime NOT NULL, PRIMARY KEY (`id`));
-- create index "users_email_key" to table: "users"
CREATE UNIQUE INDEX `users_email_key` ON `users` (`email`);
-- create index "users_subject_key" to table: "users"
CREATE UNIQUE INDEX `users_subject_key` ON `users` (`subject`);
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261121204807, 1);
COMMIT;
