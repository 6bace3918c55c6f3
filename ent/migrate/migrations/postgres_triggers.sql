-- The rules about changes that a CHECK cannot say, since it sees only the new row: the same, under the same names, as in
-- sqlite_triggers.sql. A refusal has SQLSTATE ET001 and its stable name in the field for a constraint's name, for
-- database.AsConstraint. Migrate runs this file whenever it, or what a database has, is another; the triggers of the
-- tables are dropped before.

-- refuse ends a change. Its name stays whatever happens to the sentence.
CREATE OR REPLACE FUNCTION refuse(name text, sentence text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'ET001', CONSTRAINT = name, MESSAGE = name || ': ' || sentence;
END
$$;

-- refuse_change is a trigger's function; its arguments are refuse's.
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM refuse(TG_ARGV[0], TG_ARGV[1]);
  RETURN NULL;
END
$$;

-- count_change counts the changes of a row and tells their time, whatever the statement says.
CREATE OR REPLACE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.revision := OLD.revision + 1;
  NEW.updated_at := date_trunc('milliseconds', clock_timestamp());
  RETURN NEW;
END
$$;

-- PENDING -> PROCESSING | CANCELED | FAILED
-- PROCESSING -> COMPLETED | PARTIALLY_COMPLETED | FAILED | CANCELED | PENDING (handed back by a stopping worker)
CREATE TRIGGER imports_transition BEFORE UPDATE OF status ON imports FOR EACH ROW
WHEN (NEW.status <> OLD.status AND NOT (
  (OLD.status = 'PENDING' AND NEW.status IN ('PROCESSING', 'CANCELED', 'FAILED')) OR
  (OLD.status = 'PROCESSING' AND
    NEW.status IN ('COMPLETED', 'PARTIALLY_COMPLETED', 'FAILED', 'CANCELED', 'PENDING'))))
EXECUTE FUNCTION refuse_change('import_transition', 'an import cannot go from its status to that one');

-- What a final import says stays. Later on it may get a successor, and lose the object with its rejected rows.
CREATE TRIGGER imports_final BEFORE UPDATE ON imports FOR EACH ROW
WHEN (OLD.status = NEW.status AND OLD.status IN ('COMPLETED', 'PARTIALLY_COMPLETED', 'FAILED', 'CANCELED') AND (
  NEW.error, NEW.error_code, NEW.error_params, NEW.warnings, NEW.error_groups, NEW.column_mapping, NEW.file_size,
  NEW.sha256, NEW.source_generation, NEW.row_count, NEW.processed_row_count, NEW.accepted_row_count,
  NEW.rejected_row_count, NEW.blank_row_count, NEW.result_count, NEW.attempt, NEW.crashed_attempts, NEW.started_at,
  NEW.processed_at, NEW.cancel_requested_at, NEW.canceled_by_id, NEW.cancel_reason
) IS DISTINCT FROM (
  OLD.error, OLD.error_code, OLD.error_params, OLD.warnings, OLD.error_groups, OLD.column_mapping, OLD.file_size,
  OLD.sha256, OLD.source_generation, OLD.row_count, OLD.processed_row_count, OLD.accepted_row_count,
  OLD.rejected_row_count, OLD.blank_row_count, OLD.result_count, OLD.attempt, OLD.crashed_attempts, OLD.started_at,
  OLD.processed_at, OLD.cancel_requested_at, OLD.canceled_by_id, OLD.cancel_reason
))
EXECUTE FUNCTION refuse_change('import_final', 'what a final import says does not change');

CREATE TRIGGER imports_attempt BEFORE UPDATE OF attempt ON imports FOR EACH ROW
WHEN (NEW.attempt < OLD.attempt AND OLD.status IN ('PENDING', 'PROCESSING'))
EXECUTE FUNCTION refuse_change('import_attempt', 'the attempt never goes down');

CREATE TRIGGER imports_progress BEFORE UPDATE OF attempt, processed_row_count ON imports FOR EACH ROW
WHEN (OLD.status IN ('PENDING', 'PROCESSING') AND (
  (NEW.attempt = OLD.attempt AND NEW.processed_row_count < OLD.processed_row_count) OR
  (NEW.attempt > OLD.attempt AND NEW.processed_row_count <> 0)))
EXECUTE FUNCTION refuse_change('import_progress', 'the rows of an attempt only grow, and a new attempt starts at 0');

CREATE TRIGGER imports_revision BEFORE UPDATE ON imports FOR EACH ROW EXECUTE FUNCTION count_change();

-- 0 NOTYET -> PROCESSING | SUCCESS | FAILURE; 1 PROCESSING -> SUCCESS | FAILURE | NOTYET (handed back);
-- 2 SUCCESS, 3 FAILURE -> NOTYET (checked again)
CREATE TRIGGER review_upload_histories_transition BEFORE UPDATE OF status ON review_upload_histories FOR EACH ROW
WHEN (NEW.status <> OLD.status AND NOT (
  OLD.status = 0 OR NEW.status = 0 OR (OLD.status = 1 AND NEW.status IN (2, 3))))
EXECUTE FUNCTION refuse_change('upload_transition', 'an upload history cannot go from its status to that one');

CREATE TRIGGER review_upload_histories_revision BEFORE UPDATE ON review_upload_histories FOR EACH ROW
EXECUTE FUNCTION count_change();

CREATE TRIGGER import_definition_versions_update BEFORE UPDATE ON import_definition_versions FOR EACH ROW
EXECUTE FUNCTION refuse_change('definition_version_immutable', 'a version of a definition does not change: make a new one');

CREATE TRIGGER import_definition_versions_delete BEFORE DELETE ON import_definition_versions FOR EACH ROW
EXECUTE FUNCTION refuse_change('definition_version_immutable', 'a version of a definition is never deleted');

CREATE TRIGGER import_results_update BEFORE UPDATE ON import_results FOR EACH ROW
EXECUTE FUNCTION refuse_change('import_result_immutable', 'a result does not change: another import makes others');

-- Of an API token only its last use changes, and that it is revoked, for good.
CREATE TRIGGER api_tokens_update BEFORE UPDATE ON api_tokens FOR EACH ROW
WHEN ((
  NEW.id, NEW.organization_id, NEW.group_id, NEW.created_by_id, NEW.name, NEW.role, NEW.token_hash, NEW.created_at,
  NEW.expires_at
) IS DISTINCT FROM (
  OLD.id, OLD.organization_id, OLD.group_id, OLD.created_by_id, OLD.name, OLD.role, OLD.token_hash, OLD.created_at,
  OLD.expires_at
) OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS DISTINCT FROM OLD.revoked_at))
EXECUTE FUNCTION refuse_change('api_token_immutable', 'of an API token only its last use changes, and that it is revoked, for good');
