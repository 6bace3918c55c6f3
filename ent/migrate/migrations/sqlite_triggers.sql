-- The rules about changes that a CHECK cannot say, since it sees only the new row. A refusal begins with a stable name:
-- database.AsConstraint gives it. Migrate makes these triggers again whenever a database has others.

-- PENDING -> PROCESSING | CANCELED | FAILED
-- PROCESSING -> COMPLETED | PARTIALLY_COMPLETED | FAILED | CANCELED | PENDING (handed back by a stopping worker)
CREATE TRIGGER imports_transition BEFORE UPDATE OF status ON imports
WHEN NEW.status <> OLD.status AND NOT (
  (OLD.status = 'PENDING' AND NEW.status IN ('PROCESSING', 'CANCELED', 'FAILED')) OR
  (OLD.status = 'PROCESSING' AND
    NEW.status IN ('COMPLETED', 'PARTIALLY_COMPLETED', 'FAILED', 'CANCELED', 'PENDING')))
BEGIN
  SELECT RAISE(ABORT, 'import_transition: an import cannot go from its status to that one');
END;

-- What a final import says stays. Later on it may get a successor, and lose what it kept of its file's cells (the object
-- with its set-aside rows, and with a mark the samples of its errors and what its code said) and, with a mark, its results. Marks stay too.
CREATE TRIGGER imports_final BEFORE UPDATE ON imports
WHEN OLD.status = NEW.status AND OLD.status IN ('COMPLETED', 'PARTIALLY_COMPLETED', 'FAILED', 'CANCELED') AND (
  NEW.error_code IS NOT OLD.error_code OR NEW.warnings IS NOT OLD.warnings OR
  NEW.column_mapping IS NOT OLD.column_mapping OR NEW.file_size IS NOT OLD.file_size OR
  NEW.sha256 IS NOT OLD.sha256 OR NEW.source_generation IS NOT OLD.source_generation OR
  NEW.row_count IS NOT OLD.row_count OR NEW.processed_row_count <> OLD.processed_row_count OR
  NEW.accepted_row_count <> OLD.accepted_row_count OR NEW.rejected_row_count <> OLD.rejected_row_count OR
  NEW.blank_row_count <> OLD.blank_row_count OR NEW.result_count <> OLD.result_count OR
  NEW.attempt <> OLD.attempt OR NEW.crashed_attempts <> OLD.crashed_attempts OR NEW.started_at IS NOT OLD.started_at OR NEW.processed_at IS NOT OLD.processed_at OR
  NEW.cancel_requested_at IS NOT OLD.cancel_requested_at OR NEW.canceled_by_id IS NOT OLD.canceled_by_id OR
  NEW.cancel_reason IS NOT OLD.cancel_reason OR
  ((NEW.error IS NOT OLD.error OR NEW.error_params IS NOT OLD.error_params OR NEW.error_groups IS NOT OLD.error_groups)
    AND NEW.row_errors_erased_at IS OLD.row_errors_erased_at) OR
  (OLD.row_errors_erased_at IS NOT NULL AND NEW.row_errors_erased_at IS NOT OLD.row_errors_erased_at) OR
  (OLD.results_erased_at IS NOT NULL AND NEW.results_erased_at IS NOT OLD.results_erased_at))
BEGIN
  SELECT RAISE(ABORT, 'import_final: what a final import says does not change');
END;

-- A file that was erased is not imported.
CREATE TRIGGER imports_of_erased BEFORE INSERT ON imports
WHEN EXISTS (SELECT 1 FROM review_upload_histories h WHERE h.organization_id = NEW.organization_id
  AND h.id = NEW.upload_history_id AND h.deleted_at IS NOT NULL)
BEGIN
  SELECT RAISE(ABORT, 'upload_erased: an erased file is not imported');
END;

CREATE TRIGGER imports_attempt BEFORE UPDATE OF attempt ON imports
WHEN NEW.attempt < OLD.attempt AND OLD.status IN ('PENDING', 'PROCESSING')
BEGIN
  SELECT RAISE(ABORT, 'import_attempt: the attempt never goes down');
END;

CREATE TRIGGER imports_progress BEFORE UPDATE OF attempt, processed_row_count ON imports
WHEN OLD.status IN ('PENDING', 'PROCESSING') AND (
  (NEW.attempt = OLD.attempt AND NEW.processed_row_count < OLD.processed_row_count) OR
  (NEW.attempt > OLD.attempt AND NEW.processed_row_count <> 0))
BEGIN
  SELECT RAISE(ABORT, 'import_progress: the rows of an attempt only grow, and a new attempt starts at 0');
END;

CREATE TRIGGER imports_revision AFTER UPDATE ON imports
BEGIN
  UPDATE imports SET revision = OLD.revision + 1, updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
  WHERE rowid = NEW.rowid;
END;

-- 0 NOTYET -> PROCESSING | FAILURE (failed in the client, or erased); 1 PROCESSING -> SUCCESS | FAILURE;
-- 2 SUCCESS, 3 FAILURE -> NOTYET (checked again)
CREATE TRIGGER review_upload_histories_transition BEFORE UPDATE OF status ON review_upload_histories
WHEN NEW.status <> OLD.status AND NOT (
  (OLD.status = 0 AND NEW.status IN (1, 3)) OR (OLD.status = 1 AND NEW.status IN (2, 3)) OR
  (OLD.status IN (2, 3) AND NEW.status = 0))
BEGIN
  SELECT RAISE(ABORT, 'upload_transition: an upload history cannot go from its status to that one');
END;

-- What is said of an erased file stays.
CREATE TRIGGER review_upload_histories_erased BEFORE UPDATE ON review_upload_histories
WHEN OLD.deleted_at IS NOT NULL AND (
  NEW.deleted_at IS NOT OLD.deleted_at OR NEW.status <> OLD.status OR NEW.error_reason IS NOT OLD.error_reason OR
  NEW.validated_at IS NOT OLD.validated_at OR NEW.generation IS NOT OLD.generation OR
  NEW.file_size IS NOT OLD.file_size OR NEW.sha256 IS NOT OLD.sha256 OR NEW.row_count IS NOT OLD.row_count OR
  NEW.detected_format IS NOT OLD.detected_format OR NEW.columns IS NOT OLD.columns OR
  NEW.warnings IS NOT OLD.warnings OR NEW.format IS NOT OLD.format OR NEW.errors_erased_at IS NOT OLD.errors_erased_at)
BEGIN
  SELECT RAISE(ABORT, 'upload_erased: what is said of an erased file does not change');
END;

-- A file is not erased while an import of it waits or runs.
CREATE TRIGGER review_upload_histories_in_use BEFORE UPDATE OF deleted_at ON review_upload_histories
WHEN OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL AND EXISTS (
  SELECT 1 FROM imports WHERE organization_id = NEW.organization_id AND upload_history_id = NEW.id
  AND status IN ('PENDING', 'PROCESSING'))
BEGIN
  SELECT RAISE(ABORT, 'upload_in_use: an import of this file waits or runs');
END;

CREATE TRIGGER review_upload_histories_revision AFTER UPDATE ON review_upload_histories
BEGIN
  UPDATE review_upload_histories
  SET revision = OLD.revision + 1, updated_at = strftime('%Y-%m-%d %H:%M:%f', 'now')
  WHERE rowid = NEW.rowid;
END;

CREATE TRIGGER import_definition_versions_update BEFORE UPDATE ON import_definition_versions
BEGIN
  SELECT RAISE(ABORT, 'definition_version_immutable: a version of a definition does not change: make a new one');
END;

CREATE TRIGGER import_definition_versions_delete BEFORE DELETE ON import_definition_versions
BEGIN
  SELECT RAISE(ABORT, 'definition_version_immutable: a version of a definition is never deleted');
END;

CREATE TRIGGER import_results_update BEFORE UPDATE ON import_results
BEGIN
  SELECT RAISE(ABORT, 'import_result_immutable: a result does not change: another import makes others');
END;

-- Of an API token only its last use changes, and that it is revoked, for good.
CREATE TRIGGER api_tokens_update BEFORE UPDATE ON api_tokens
WHEN (
  NEW.id, NEW.organization_id, NEW.group_id, NEW.created_by_id, NEW.name, NEW.role, NEW.token_hash, NEW.created_at,
  NEW.expires_at
) IS NOT (
  OLD.id, OLD.organization_id, OLD.group_id, OLD.created_by_id, OLD.name, OLD.role, OLD.token_hash, OLD.created_at,
  OLD.expires_at
) OR (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NOT OLD.revoked_at)
BEGIN
  SELECT RAISE(ABORT, 'api_token_immutable: of an API token only its last use changes, and that it is revoked, for good');
END;

-- Every organization is looked through for what is to be erased, from its first day on.
CREATE TRIGGER organizations_sweep AFTER INSERT ON organizations
WHEN NEW.id <> 'org-system'
BEGIN
  INSERT INTO organization_sweeps (organization_id, due_at) VALUES (NEW.id, '1970-01-01 00:00:00.000');
END;
