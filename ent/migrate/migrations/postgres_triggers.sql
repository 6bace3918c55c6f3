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

-- What a final import says stays. Later on it may get a successor, and lose what it kept of its file's cells (the object
-- with its set-aside rows, and with a mark the samples of its errors and what its code said) and, with a mark, its results. Marks stay too.
CREATE TRIGGER imports_final BEFORE UPDATE ON imports FOR EACH ROW
WHEN (OLD.status = NEW.status AND OLD.status IN ('COMPLETED', 'PARTIALLY_COMPLETED', 'FAILED', 'CANCELED') AND ((
  NEW.error_code, NEW.warnings, NEW.column_mapping, NEW.file_size,
  NEW.sha256, NEW.source_generation, NEW.row_count, NEW.processed_row_count, NEW.accepted_row_count,
  NEW.rejected_row_count, NEW.blank_row_count, NEW.result_count, NEW.attempt, NEW.crashed_attempts, NEW.started_at,
  NEW.processed_at, NEW.cancel_requested_at, NEW.canceled_by_id, NEW.cancel_reason
) IS DISTINCT FROM (
  OLD.error_code, OLD.warnings, OLD.column_mapping, OLD.file_size,
  OLD.sha256, OLD.source_generation, OLD.row_count, OLD.processed_row_count, OLD.accepted_row_count,
  OLD.rejected_row_count, OLD.blank_row_count, OLD.result_count, OLD.attempt, OLD.crashed_attempts, OLD.started_at,
  OLD.processed_at, OLD.cancel_requested_at, OLD.canceled_by_id, OLD.cancel_reason
) OR ((NEW.error, NEW.error_params, NEW.error_groups) IS DISTINCT FROM (OLD.error, OLD.error_params, OLD.error_groups)
  AND NEW.row_errors_erased_at IS NOT DISTINCT FROM OLD.row_errors_erased_at)
OR (OLD.row_errors_erased_at IS NOT NULL AND NEW.row_errors_erased_at IS DISTINCT FROM OLD.row_errors_erased_at)
OR (OLD.results_erased_at IS NOT NULL AND NEW.results_erased_at IS DISTINCT FROM OLD.results_erased_at)))
EXECUTE FUNCTION refuse_change('import_final', 'what a final import says does not change');

-- A file that was erased is not imported. Whoever erases it at this moment is waited for.
CREATE OR REPLACE FUNCTION refuse_import_of_erased() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  erased timestamptz;
BEGIN
  SELECT deleted_at INTO erased FROM review_upload_histories
    WHERE organization_id = NEW.organization_id AND id = NEW.upload_history_id FOR SHARE;
  IF erased IS NOT NULL THEN
    PERFORM refuse('upload_erased', 'an erased file is not imported');
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER imports_of_erased BEFORE INSERT ON imports FOR EACH ROW EXECUTE FUNCTION refuse_import_of_erased();

CREATE TRIGGER imports_attempt BEFORE UPDATE OF attempt ON imports FOR EACH ROW
WHEN (NEW.attempt < OLD.attempt AND OLD.status IN ('PENDING', 'PROCESSING'))
EXECUTE FUNCTION refuse_change('import_attempt', 'the attempt never goes down');

CREATE TRIGGER imports_progress BEFORE UPDATE OF attempt, processed_row_count ON imports FOR EACH ROW
WHEN (OLD.status IN ('PENDING', 'PROCESSING') AND (
  (NEW.attempt = OLD.attempt AND NEW.processed_row_count < OLD.processed_row_count) OR
  (NEW.attempt > OLD.attempt AND NEW.processed_row_count <> 0)))
EXECUTE FUNCTION refuse_change('import_progress', 'the rows of an attempt only grow, and a new attempt starts at 0');

CREATE TRIGGER imports_revision BEFORE UPDATE ON imports FOR EACH ROW EXECUTE FUNCTION count_change();

-- 0 NOTYET -> PROCESSING | FAILURE (failed in the client, or erased); 1 PROCESSING -> SUCCESS | FAILURE;
-- 2 SUCCESS, 3 FAILURE -> NOTYET (checked again)
CREATE TRIGGER review_upload_histories_transition BEFORE UPDATE OF status ON review_upload_histories FOR EACH ROW
WHEN (NEW.status <> OLD.status AND NOT (
  (OLD.status = 0 AND NEW.status IN (1, 3)) OR (OLD.status = 1 AND NEW.status IN (2, 3)) OR
  (OLD.status IN (2, 3) AND NEW.status = 0)))
EXECUTE FUNCTION refuse_change('upload_transition', 'an upload history cannot go from its status to that one');

-- What is said of an erased file stays.
CREATE TRIGGER review_upload_histories_erased BEFORE UPDATE ON review_upload_histories FOR EACH ROW
WHEN (OLD.deleted_at IS NOT NULL AND (
  NEW.deleted_at, NEW.status, NEW.error_reason, NEW.validated_at, NEW.generation, NEW.file_size, NEW.sha256,
  NEW.row_count, NEW.detected_format, NEW.columns, NEW.warnings, NEW.format, NEW.errors_erased_at
) IS DISTINCT FROM (
  OLD.deleted_at, OLD.status, OLD.error_reason, OLD.validated_at, OLD.generation, OLD.file_size, OLD.sha256,
  OLD.row_count, OLD.detected_format, OLD.columns, OLD.warnings, OLD.format, OLD.errors_erased_at
))
EXECUTE FUNCTION refuse_change('upload_erased', 'what is said of an erased file does not change');

-- A file is not erased while an import of it waits or runs.
CREATE OR REPLACE FUNCTION refuse_erasing_in_use() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM imports WHERE organization_id = NEW.organization_id AND upload_history_id = NEW.id
    AND status IN ('PENDING', 'PROCESSING')) THEN
    PERFORM refuse('upload_in_use', 'an import of this file waits or runs');
  END IF;
  RETURN NEW;
END
$$;

CREATE TRIGGER review_upload_histories_in_use BEFORE UPDATE OF deleted_at ON review_upload_histories FOR EACH ROW
WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL)
EXECUTE FUNCTION refuse_erasing_in_use();

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

-- Every organization is looked through for what is to be erased, from its first day on.
CREATE OR REPLACE FUNCTION plan_sweep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO organization_sweeps (organization_id, due_at) VALUES (NEW.id, 'epoch');
  RETURN NULL;
END
$$;

CREATE TRIGGER organizations_sweep AFTER INSERT ON organizations FOR EACH ROW
WHEN (NEW.id <> 'org-system')
EXECUTE FUNCTION plan_sweep();
