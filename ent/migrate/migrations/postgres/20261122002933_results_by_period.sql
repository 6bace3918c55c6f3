-- +goose Up
-- create index "importresult_organization_id_year_period_unit_period_site_key" to table: "import_results"
CREATE INDEX "importresult_organization_id_year_period_unit_period_site_key" ON "import_results" ("organization_id", "year", "period_unit", "period", "site_key");
