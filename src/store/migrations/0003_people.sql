-- Letters to one person, sign-ups and consent. `token_hash(purpose, seed)` is registered by the store: the first half of the
-- SHA-256 of a reader's token.
ALTER TABLE readers ADD COLUMN leave_hash BLOB;
ALTER TABLE readers ADD COLUMN preferences_hash BLOB;
ALTER TABLE readers ADD COLUMN paused_until_ms INTEGER;     -- no issue before this
UPDATE readers SET leave_hash = token_hash('unsubscribe', seed), preferences_hash = token_hash('preferences', seed);
CREATE UNIQUE INDEX readers_leave ON readers (leave_hash);
CREATE UNIQUE INDEX readers_preferences ON readers (preferences_hash);

CREATE TABLE letters (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,    -- the same key is queued once
    kind       TEXT    NOT NULL,           -- the folder under templates/letter/
    email      TEXT    NOT NULL,
    email_key  TEXT    NOT NULL,
    context    TEXT    NOT NULL,           -- JSON; '{}' once the letter is done, since it may hold a token
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'dotted', 'sent', 'failed')),
    queued_ms  INTEGER NOT NULL,
    due_ms     INTEGER,                    -- set exactly while it waits
    dated_ms   INTEGER,                    -- the Date header of every try
    attempts   INTEGER NOT NULL DEFAULT 0,
    code       INTEGER,
    enhanced   TEXT,
    reply      TEXT,
    updated_ms INTEGER NOT NULL
);
CREATE INDEX letters_due ON letters (due_ms, id) WHERE due_ms IS NOT NULL;
CREATE INDEX letters_email ON letters (email_key);

-- Somebody typed an address into the sign-up form. It becomes a reader when its owner confirms.
CREATE TABLE signups (
    id         INTEGER PRIMARY KEY,
    email      TEXT    NOT NULL,
    email_key  TEXT    NOT NULL,
    editions   TEXT    NOT NULL,           -- as in readers
    network    TEXT    NOT NULL,           -- 192.0.2.0/24 or 2001:db8::/64
    token_hash BLOB    NOT NULL UNIQUE,
    asked_ms   INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    ended_ms   INTEGER                     -- confirmed, or killed by leaving
);
CREATE INDEX signups_email ON signups (email_key, asked_ms);
CREATE INDEX signups_network ON signups (network, asked_ms);

-- What a reader did themselves, when, and from which network: the record of consent.
CREATE TABLE acts (
    id        INTEGER PRIMARY KEY,
    reader_id INTEGER NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    at_ms     INTEGER NOT NULL,
    act       TEXT    NOT NULL,
    how       TEXT    NOT NULL,
    network   TEXT    NOT NULL
);
CREATE INDEX acts_reader ON acts (reader_id);

-- Who asked to be forgotten: a salted hash of the address, so that no import brings them back.
CREATE TABLE forgotten (hash BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE salts (name TEXT PRIMARY KEY, salt BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO salts VALUES ('forgotten', randomblob(16));
