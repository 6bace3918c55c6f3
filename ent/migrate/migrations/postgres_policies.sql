-- Row-level security, the second wall between tenants (the first is ent/rule; docs/adr/0009 tells why each policy is as it
-- is), and what the application's role may do. Migrate runs this file whenever it, or what a database has, is another;
-- all policies are dropped before, in the same transaction.
--
-- Who asks stands in settings of the transaction, which package database makes from the viewer: app.organization_id,
-- app.group_id, app.user_id, and app.all_groups = 'on' for a part of the server that acts for one organization. The last
-- one widens what is seen within app.organization_id only: every policy compares the organization first. app.look_up is
-- a name to the letter, for sign-in (database.DB.LookUp): it shows the one user, and the organizations, that have it, and
-- nothing of theirs; app.token_hash (viewer.ByToken) shows the one API token that has it. What is not set, or set to '', compares as NULL and admits nothing. No setting, view or function
-- leads around a policy.
--
-- A subquery without a table is planned as a value that is computed once for a statement, not once for a row.

-- The tables whose every row belongs to one organization, and that all its members see.
DO $$
DECLARE
  tab text;
  own constant text := $p$organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), ''))$p$;
BEGIN
  FOREACH tab IN ARRAY ARRAY['sites', 'site_names', 'imports', 'import_results'] LOOP
    EXECUTE format('CREATE POLICY own ON %I USING (%s) WITH CHECK (%2$s)', tab, own);
  END LOOP;

  -- Rows of one group: its people see them, and parts of the server. The errors of an import belong to no group.
  FOREACH tab IN ARRAY ARRAY[
    'review_upload_histories', 'issued_uploads', 'import_row_errors', 'import_log_lines'
  ] LOOP
    EXECUTE format('CREATE POLICY own ON %I USING (%s) WITH CHECK (%2$s)', tab, own || $p$ AND (
      group_id = (SELECT NULLIF(current_setting('app.group_id', true), ''))
      OR (SELECT current_setting('app.all_groups', true)) = 'on'$p$ ||
      CASE tab WHEN 'import_row_errors' THEN ' OR group_id IS NULL)' ELSE ')' END);
  END LOOP;

  -- Definitions: all organizations read those of org-system, none but itself writes them.
  FOREACH tab IN ARRAY ARRAY['import_definitions', 'import_definition_versions'] LOOP
    EXECUTE format('CREATE POLICY own_or_system ON %I FOR SELECT USING (%s OR (organization_id = ''org-system''
      AND (SELECT NULLIF(current_setting(''app.organization_id'', true), '''')) IS NOT NULL))', tab, own);
  END LOOP;

  -- Who belongs where: an organization's people see it, and each person sees their own places in all organizations, since
  -- sign-in and switching come before an organization is chosen.
  FOREACH tab IN ARRAY ARRAY['memberships', 'group_memberships'] LOOP
    EXECUTE format('CREATE POLICY own_or_oneself ON %I FOR SELECT USING (%s
      OR user_id = (SELECT NULLIF(current_setting(''app.user_id'', true), '''')))', tab, own);
  END LOOP;
  EXECUTE format($p$CREATE POLICY own_or_joined ON groups FOR SELECT USING (%s
    OR EXISTS (SELECT FROM memberships m WHERE m.organization_id = groups.organization_id AND m.ended_at IS NULL
      AND m.user_id = (SELECT NULLIF(current_setting('app.user_id', true), ''))))$p$, own);

  FOREACH tab IN ARRAY ARRAY[
    'import_definitions', 'import_definition_versions', 'memberships', 'group_memberships', 'groups'
  ] LOOP
    EXECUTE format('CREATE POLICY own_insert ON %I FOR INSERT WITH CHECK (%s)', tab, own);
    EXECUTE format('CREATE POLICY own_update ON %I FOR UPDATE USING (%s) WITH CHECK (%2$s)', tab, own);
    EXECUTE format('CREATE POLICY own_delete ON %I FOR DELETE USING (%s)', tab, own);
  END LOOP;
END
$$;

-- API tokens: the organization's, and the one that somebody comes with, whose secret alone gives its hash: sign-in comes
-- before an organization is known. None is deleted.
CREATE POLICY own ON api_tokens FOR SELECT USING (
  organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), '')));
CREATE POLICY presented ON api_tokens FOR SELECT USING (
  token_hash = (SELECT NULLIF(current_setting('app.token_hash', true), '')));
CREATE POLICY own_insert ON api_tokens FOR INSERT WITH CHECK (
  organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), '')));
CREATE POLICY own_update ON api_tokens FOR UPDATE
  USING (organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), '')))
  WITH CHECK (organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), '')));

-- Organizations. A new one is made by whoever acts for its id, which nobody had before. None is deleted.
CREATE POLICY own_or_joined ON organizations FOR SELECT USING (
  id = (SELECT NULLIF(current_setting('app.organization_id', true), ''))
  OR EXISTS (SELECT FROM memberships m WHERE m.organization_id = organizations.id AND m.ended_at IS NULL
    AND m.user_id = (SELECT NULLIF(current_setting('app.user_id', true), ''))));
CREATE POLICY looked_up ON organizations FOR SELECT USING (
  (SELECT NULLIF(current_setting('app.look_up', true), '')) IN (id, slug, name) AND id <> 'org-system');
CREATE POLICY own_insert ON organizations FOR INSERT WITH CHECK (
  id = (SELECT NULLIF(current_setting('app.organization_id', true), '')));
CREATE POLICY own_update ON organizations FOR UPDATE
  USING (id = (SELECT NULLIF(current_setting('app.organization_id', true), '')))
  WITH CHECK (id = (SELECT NULLIF(current_setting('app.organization_id', true), '')));

-- People have no tenant: they are seen by themselves and by those whose organization they belong, or once belonged, to.
-- Somebody who acts for an organization may make one, which is nobody's until a membership says so. A person changes only
-- as themselves (sign-in writes down who the identity provider says that they are). Nobody is deleted.
CREATE POLICY oneself_or_colleague ON users FOR SELECT USING (
  id = (SELECT NULLIF(current_setting('app.user_id', true), ''))
  OR EXISTS (SELECT FROM memberships m WHERE m.user_id = users.id
    AND m.organization_id = (SELECT NULLIF(current_setting('app.organization_id', true), ''))));
CREATE POLICY looked_up ON users FOR SELECT USING (
  (SELECT NULLIF(current_setting('app.look_up', true), '')) IN (email, subject));
CREATE POLICY anybody_insert ON users FOR INSERT WITH CHECK (
  (SELECT NULLIF(current_setting('app.organization_id', true), '')) IS NOT NULL
  OR id = (SELECT NULLIF(current_setting('app.user_id', true), '')));
CREATE POLICY oneself_update ON users FOR UPDATE
  USING (id = (SELECT NULLIF(current_setting('app.user_id', true), '')))
  WITH CHECK (id = (SELECT NULLIF(current_setting('app.user_id', true), '')));

-- Every table of tenants, so that one without a policy shows nothing. import_leases, import_turns and
-- organization_sweeps are none: they hold ids only, so that a sweep finds its tenant there and then acts as a worker of it.
DO $$
DECLARE
  tab regclass;
BEGIN
  FOR tab IN
    SELECT c.oid FROM pg_class c
    WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
      AND c.relname NOT IN ('import_leases', 'import_turns', 'organization_sweeps') AND (c.relname IN ('organizations', 'users') OR EXISTS (SELECT FROM pg_attribute a
        WHERE a.attrelid = c.oid AND a.attname IN ('organization_id', 'group_id') AND NOT a.attisdropped))
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tab);
    EXECUTE format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', tab);
  END LOOP;
END
$$;

-- The application reads and writes rows. TRUNCATE would pass row-level security.
DO $$
DECLARE
  name text := current_schema();
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO entrepot_app', name);
  EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA %I TO entrepot_app', name);
  EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO entrepot_app', name);
END
$$;
REVOKE INSERT, UPDATE, DELETE ON goose_db_version, applied_steps FROM entrepot_app;
REVOKE UPDATE, DELETE ON server_secrets FROM entrepot_app;
