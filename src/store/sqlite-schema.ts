/** The schema of SQLite. Each entry takes the schema one version further. A released entry MUST NOT change. */
export const sqliteMigrations = [
  `CREATE TABLE accounts (
     user_id INTEGER PRIMARY KEY AUTOINCREMENT CHECK (user_id BETWEEN 1 AND 2147483647),
     provider TEXT NOT NULL,
     base_url TEXT NOT NULL,
     native_id TEXT NOT NULL,
     UNIQUE (provider, base_url, native_id)
   ) STRICT`,
  `CREATE TABLE master_key (
     one INTEGER PRIMARY KEY CHECK (one = 1),
     sealed BLOB NOT NULL
   ) STRICT;
   CREATE TABLE tickets (
     digest TEXT PRIMARY KEY,
     application TEXT NOT NULL,
     expires_at INTEGER NOT NULL,
     sealed BLOB NOT NULL
   ) STRICT;
   CREATE INDEX tickets_by_end ON tickets (expires_at);
   CREATE TABLE sessions (
     digest TEXT PRIMARY KEY,
     application TEXT NOT NULL,
     user_id INTEGER NOT NULL REFERENCES accounts (user_id),
     created_at INTEGER NOT NULL,
     last_used INTEGER,
     sealed BLOB NOT NULL
   ) STRICT`,
  'CREATE INDEX sessions_by_creation ON sessions (created_at, digest)',
  `CREATE TABLE ledger (
     application TEXT NOT NULL,
     user_agent TEXT NOT NULL,
     protocol TEXT NOT NULL,
     kind TEXT NOT NULL,
     name TEXT NOT NULL,
     outcome TEXT NOT NULL,
     count INTEGER NOT NULL,
     first INTEGER NOT NULL,
     last INTEGER NOT NULL,
     cause TEXT NOT NULL,
     PRIMARY KEY (application, user_agent, protocol, kind, name, outcome)
   ) STRICT`,
  'ALTER TABLE sessions ADD COLUMN leased_until INTEGER',
];
