-- The state of one stack in one environment. Format 2.
--
-- The format stands in `PRAGMA user_version`, the fact that this file is firn's in
-- `PRAGMA application_id` (the letters "firn"). A firn that finds a higher format refuses the file;
-- one that finds a lower format brings it up step by step.
--
-- Times are nanoseconds since 1970-01-01T00:00:00Z. Values are JSON in the dialect of state files:
-- {"$secret": "hmac-sha256:..."} is a sealed secret, and a member name beginning with "$" is
-- escaped as "$$". No clear secret is ever written.

-- Facts about the whole state, one row each:
--   stack, environment   whose state this is
--   lineage              random, given at creation; tells two states of the same name apart
--   serial               rises with every run that changed something
--   secret_key           base64 of 32 random bytes, the key of all sealed secrets below
--   written_by           version of the firn that last opened the file for writing
--   checksum             sum of the hashes of all rows that are read again (core/state/checksum.h)
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

-- Who may write this file, one row at most (core/state/lease.h). The token rises with each holder.
CREATE TABLE lease (
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  token      INTEGER NOT NULL,
  who        TEXT NOT NULL,
  process    INTEGER NOT NULL,
  command    TEXT NOT NULL,
  since      INTEGER NOT NULL,
  expires_at INTEGER NOT NULL  -- without a sign of life until then, another one may take over
) STRICT;

-- Every object that firn made or adopted and has not removed.
CREATE TABLE resources (
  address      TEXT PRIMARY KEY,  -- "orders"; the old half of a replacement ends in "#deposed"
  type         TEXT NOT NULL,     -- "aws.sqs_queue"
  name         TEXT NOT NULL,     -- physical name; empty for types without one
  base_name    TEXT NOT NULL,     -- physical name before the generation was appended
  generation   INTEGER NOT NULL,  -- 1: no suffix; 2: "-g2"
  inputs       TEXT NOT NULL,     -- normalised, as last applied
  outputs      TEXT NOT NULL,     -- as last seen
  -- JSON list of addresses. A list in the row and no table of its own, as the state is always read
  -- as a whole.
  dependencies TEXT NOT NULL,
  protect      INTEGER NOT NULL,  -- 1: never delete or replace
  incomplete   INTEGER NOT NULL,  -- 1: created, but a later step failed
  deposed      INTEGER NOT NULL,  -- 1: replaced already, still to be deleted
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Commands that opened the state for writing, for people who ask what happened.
CREATE TABLE runs (
  id          INTEGER PRIMARY KEY,
  command     TEXT NOT NULL,
  begun_at    INTEGER NOT NULL,
  finished_at INTEGER,  -- NULL: still running, or killed
  outcome     TEXT
) STRICT;

-- The write-ahead journal. A row is durable before the call that changes a cloud; its outcome is
-- durable after it. A row without outcome is a call that may or may not have happened.
CREATE TABLE intents (
  id                INTEGER PRIMARY KEY,
  run               INTEGER REFERENCES runs (id),
  address           TEXT NOT NULL,
  type              TEXT NOT NULL,
  action            TEXT NOT NULL CHECK (action IN ('create', 'update', 'remove')),
  name              TEXT NOT NULL,
  base_name         TEXT NOT NULL,
  generation        INTEGER NOT NULL,
  idempotency_token TEXT NOT NULL,
  inputs_digest     TEXT NOT NULL,
  inputs            TEXT,  -- emptied when the intent is closed: only an open one is resumed
  outputs           TEXT,  -- identity recorded so far; emptied likewise
  dependencies      TEXT NOT NULL,
  begun_at          INTEGER NOT NULL,
  outcome           TEXT CHECK (outcome IN ('done', 'abandoned', 'forgotten'))
) STRICT;
CREATE INDEX open_intents ON intents (id) WHERE outcome IS NULL;
CREATE INDEX intents_by_run ON intents (run);

-- Names that a cloud will not accept again before `until`.
CREATE TABLE tombstones (
  type   TEXT NOT NULL,
  name   TEXT NOT NULL,
  place  TEXT NOT NULL,  -- the region, of a name that is free in others; empty: everywhere
  until  INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (type, name, place)
) STRICT, WITHOUT ROWID;

-- What the stack's `outputs:` gave at the end of the last run.
CREATE TABLE outputs (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;
