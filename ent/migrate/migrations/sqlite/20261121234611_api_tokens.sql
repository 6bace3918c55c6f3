-- +goose NO TRANSACTION
-- +goose Up
BEGIN IMMEDIATE;
-- create "api_tokens" table
CREATE TABLE `api_tokens` (`id` text NOT NULL, `name` text NOT NULL, `role` text NOT NULL, `token_hash` text NOT NULL, `created_at` datetime NOT NULL, `last_used_at` datetime NULL, `expires_at` datetime NULL, `revoked_at` datetime NULL, `organization_id` text NOT NULL, `group_id` text NULL, `created_by_id` text NOT NULL, PRIMARY KEY (`id`), CONSTRAINT `api_tokens_organizations_organization` FOREIGN KEY (`organization_id`) REFERENCES `organizations` (`id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `api_tokens_groups_group` FOREIGN KEY (`organization_id`, `group_id`) REFERENCES `groups` (`organization_id`, `id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `api_tokens_users_created_by` FOREIGN KEY (`organization_id`, `created_by_id`) REFERENCES `memberships` (`organization_id`, `user_id`) ON UPDATE NO ACTION ON DELETE NO ACTION, CONSTRAINT `hash_of_64_digits` CHECK (length(token_hash) = 64));
-- create index "api_tokens_token_hash_key" to table: "api_tokens"
CREATE UNIQUE INDEX `api_tokens_token_hash_key` ON `api_tokens` (`token_hash`);
-- create index "apitoken_organization_id_created_at_id" to table: "api_tokens"
CREATE INDEX `apitoken_organization_id_created_at_id` ON `api_tokens` (`organization_id`, `created_at`, `id`);
-- applied with it, or not at all
INSERT INTO goose_db_version (version_id, is_applied) VALUES (20261121234611, 1);
COMMIT;
