-- +goose Up
-- modify "import_results" table
ALTER TABLE "import_results" DROP CONSTRAINT "import_results_organizations_organization";
