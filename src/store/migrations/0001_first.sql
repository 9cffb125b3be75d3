-- Readers, approvals, sends and the delivery ledger. Times are Unix milliseconds, UTC.
CREATE TABLE readers (
    id           INTEGER PRIMARY KEY,
    email_key    TEXT    NOT NULL UNIQUE,   -- lower case, for comparing
    email        TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    status       TEXT    NOT NULL CHECK (status IN ('pending', 'confirmed', 'unsubscribed', 'bounced', 'complained')),
    editions     TEXT    NOT NULL,          -- ';midweek;sunday;', or '' for all
    fields       TEXT    NOT NULL,          -- a JSON object of strings
    created_ms   INTEGER NOT NULL,
    confirmed_ms INTEGER,
    left_ms      INTEGER,
    consent      TEXT    NOT NULL,
    seed         TEXT    NOT NULL UNIQUE    -- 128 random bits, hex: what this reader's links are derived from
);

CREATE TABLE approvals (
    issue         TEXT    PRIMARY KEY,
    draft         TEXT    NOT NULL,         -- issue.toml as it was approved
    frozen_sha256 TEXT    NOT NULL,
    frozen        TEXT    NOT NULL,         -- the exact rendered issue and its letterhead, JSON
    approved_by   TEXT    NOT NULL,
    approved_ms   INTEGER NOT NULL
);

CREATE TABLE sends (
    id          INTEGER PRIMARY KEY,
    issue       TEXT    NOT NULL UNIQUE REFERENCES approvals (issue),
    state       TEXT    NOT NULL CHECK (state IN ('sending', 'stopped', 'sent')),
    by_operator INTEGER NOT NULL DEFAULT 0, -- 1: stopped by `digest stop`, so only `digest resume` goes on
    reason      TEXT    NOT NULL DEFAULT '',
    started_ms  INTEGER NOT NULL,
    finished_ms INTEGER
);

-- One row a recipient, written when the send begins. `due_ms` is set exactly while the row waits for a try.
CREATE TABLE deliveries (
    send_id    INTEGER NOT NULL REFERENCES sends (id),
    number     INTEGER NOT NULL,
    reader_id  INTEGER NOT NULL,
    email      TEXT    NOT NULL,
    state      TEXT    NOT NULL CHECK (state IN
                   ('pending', 'claimed', 'dotted', 'delivered', 'deferred', 'failed', 'suppressed', 'uncertain')),
    due_ms     INTEGER,
    dated_ms   INTEGER,                     -- the Date header of every try
    attempts   INTEGER NOT NULL DEFAULT 0,
    code       INTEGER,
    enhanced   TEXT,
    reply      TEXT,
    updated_ms INTEGER NOT NULL,
    PRIMARY KEY (send_id, number)
) WITHOUT ROWID;

CREATE INDEX deliveries_due ON deliveries (send_id, due_ms, number) WHERE due_ms IS NOT NULL;
