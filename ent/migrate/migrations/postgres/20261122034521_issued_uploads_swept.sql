-- +goose Up
-- modify "issued_uploads" table
ALTER TABLE "issued_uploads" ADD COLUMN "swept_at" timestamptz NULL;
