-- Makes the database, after the roles, when compose.yaml first starts PostgreSQL.
CREATE DATABASE entrepot OWNER entrepot_owner TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C';
