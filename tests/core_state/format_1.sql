-- A state in format 1, as firn 0.1 left it: the tables of that format and a row of every kind.
CREATE TABLE meta (
  key   TEXT PRIMARY KEY,
  value ANY NOT NULL
) STRICT, WITHOUT ROWID;

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

CREATE TABLE runs (
  id          INTEGER PRIMARY KEY,
  command     TEXT NOT NULL,
  begun_at    INTEGER NOT NULL,
  finished_at INTEGER,  -- NULL: still running, or killed
  outcome     TEXT
) STRICT;

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

CREATE TABLE tombstones (
  type   TEXT NOT NULL,
  name   TEXT NOT NULL,
  until  INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (type, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE outputs (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta VALUES ('stack', 'shop'), ('environment', 'dev'), ('lineage', '6d3e1c52-0c5b-4f0e-9f0a-0d6c3a3f7b11'),
  ('secret_key', 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8='), ('written_by', '0.1.0'), ('serial', 4);
INSERT INTO resources VALUES
  ('bucket', 'test.thing', 'shop-dev-bucket', 'shop-dev-bucket', 1, '{"size":3}', '{"id":"id-bucket"}', '[]', 1, 0, 0, 10, 20),
  ('rule', 'test.thing', '', '', 1, '{"password":{"$secret":"hmac-sha256:AAAA"}}', 'null', '["bucket"]', 0, 1, 0, 11, 21);
INSERT INTO runs VALUES (1, 'apply shop --env dev', 5, 6, 'done'), (2, 'apply shop --env dev', 7, NULL, NULL);
INSERT INTO intents VALUES
  (1, 1, 'bucket', 'test.thing', 'create', 'shop-dev-bucket', 'shop-dev-bucket', 1, 'token-1', 'hmac-sha256:AAAA', NULL, NULL, '[]', 5, 'done'),
  (2, 2, 'topic', 'test.thing', 'create', 'shop-dev-topic', 'shop-dev-topic', 1, 'token-2', 'hmac-sha256:BBBB', '{"size":3}', '{"arn":"arn:x"}', '["bucket"]', 7, NULL);
INSERT INTO tombstones VALUES ('test.thing', 'shop-dev-gone', 900, 'held for 72 hours');
INSERT INTO outputs VALUES ('url', '"https://example.com/"');
PRAGMA application_id = 1718186606;
PRAGMA user_version = 1;
