-- The roles that Entrepot wants on a PostgreSQL server, version 15.14, 16.10, 17.6 or later. Run it once per server, as a
-- superuser; it may be run again. It gives no passwords and makes no database, which is left to you:
--
--   psql -f database/roles.sql
--   psql -c '\password entrepot_owner' -c '\password entrepot'
--   createdb --owner=entrepot_owner --template=template0 --encoding=UTF8 --locale=C entrepot
--
-- entrepot_owner   owns the tables and changes them: MIGRATE_DATABASE_URL, for “entrepot migrate” and for servers that
--                  migrate when they start.
-- entrepot_app     what the application may do: reads and writes rows, through row-level security. Nobody signs in as it;
--                  migrations grant to it.
-- entrepot         the application, a member of entrepot_app: DATABASE_URL. Make as many such roles as you want.
--
-- The application's role must not own the tables, be a superuser or have BYPASSRLS, nor be a member of a role that does:
-- row-level security would not hold for it. The server checks that when it starts.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entrepot_owner') THEN
    CREATE ROLE entrepot_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entrepot_app') THEN
    CREATE ROLE entrepot_app NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'entrepot') THEN
    CREATE ROLE entrepot LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE IN ROLE entrepot_app;
  END IF;
END
$$;
