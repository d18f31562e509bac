/** The schema of PostgreSQL. Each entry takes the schema one version further. A released entry MUST NOT change. */
export const postgresMigrations = [
  `CREATE TABLE user_ids (
     one integer PRIMARY KEY CHECK (one = 1),
     last integer NOT NULL CHECK (last >= 0)
   );
   INSERT INTO user_ids VALUES (1, 0);
   CREATE TABLE accounts (
     user_id integer PRIMARY KEY CHECK (user_id > 0),
     digest bytea NOT NULL UNIQUE,
     provider text NOT NULL,
     base_url text NOT NULL,
     native_id text NOT NULL
   );
   CREATE TABLE master_key (
     one integer PRIMARY KEY CHECK (one = 1),
     sealed bytea NOT NULL
   );
   CREATE TABLE tickets (
     digest text COLLATE "C" PRIMARY KEY,
     application text NOT NULL,
     expires_at bigint NOT NULL,
     sealed bytea NOT NULL
   );
   CREATE INDEX tickets_by_end ON tickets (expires_at);
   CREATE TABLE sessions (
     digest text COLLATE "C" PRIMARY KEY,
     application text NOT NULL,
     user_id integer NOT NULL REFERENCES accounts,
     created_at bigint NOT NULL,
     last_used bigint,
     sealed bytea NOT NULL
   );
   CREATE TABLE wrong_tries (
     key varchar(255) PRIMARY KEY,
     points integer NOT NULL,
     expire bigint
   )`,
  'CREATE INDEX sessions_by_creation ON sessions (created_at, digest)',
  `CREATE TABLE ledger (
     application text COLLATE "C" NOT NULL,
     user_agent text COLLATE "C" NOT NULL,
     protocol text COLLATE "C" NOT NULL,
     kind text COLLATE "C" NOT NULL,
     name text COLLATE "C" NOT NULL,
     outcome text COLLATE "C" NOT NULL,
     count bigint NOT NULL,
     first bigint NOT NULL,
     last bigint NOT NULL,
     cause text NOT NULL,
     PRIMARY KEY (application, user_agent, protocol, kind, name, outcome)
   )`,
  'ALTER TABLE sessions ADD COLUMN leased_until bigint',
];
