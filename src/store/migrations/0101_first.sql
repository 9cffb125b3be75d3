-- Subscribers, approvals, sends and the delivery ledger; letters, sign-ups and consent; bounces; what the daemon decided.
-- Times are Unix milliseconds, UTC.
CREATE TABLE subscribers (
    id               INTEGER PRIMARY KEY,
    email_key        TEXT    NOT NULL UNIQUE,   -- lower case, for comparing
    email            TEXT    NOT NULL,
    domain           TEXT    NOT NULL,          -- of the address, lower case ASCII
    name             TEXT    NOT NULL,
    status           TEXT    NOT NULL CHECK (status IN ('pending', 'confirmed', 'unsubscribed', 'bounced', 'complained')),
    editions         TEXT    NOT NULL,          -- ';midweek;sunday;', or '' for all
    fields           TEXT    NOT NULL,          -- a JSON object of strings
    created_ms       INTEGER NOT NULL,
    confirmed_ms     INTEGER,
    left_ms          INTEGER,
    paused_until_ms  INTEGER,                   -- no issue before this
    consent          TEXT    NOT NULL,
    seed             TEXT    NOT NULL UNIQUE,   -- 128 random bits, hex: what this subscriber's links are derived from
    leave_hash       BLOB    NOT NULL UNIQUE,   -- the first half of the SHA-256 of a token, by which a link finds its subscriber
    preferences_hash BLOB    NOT NULL UNIQUE
);

CREATE TABLE approvals (
    issue         TEXT    PRIMARY KEY,
    draft         TEXT    NOT NULL,         -- issue.toml as it was approved
    frozen_sha256 TEXT    NOT NULL,
    frozen        TEXT    NOT NULL,         -- the exact rendered issue and its letterhead, JSON
    subject       TEXT    NOT NULL,         -- as in `frozen`, for lists of issues
    preheader     TEXT    NOT NULL,
    approved_by   TEXT    NOT NULL,
    approved_ms   INTEGER NOT NULL
);

CREATE TABLE sends (
    id               INTEGER PRIMARY KEY,
    issue            TEXT    NOT NULL UNIQUE REFERENCES approvals (issue),
    state            TEXT    NOT NULL CHECK (state IN ('sending', 'stopped', 'sent')),
    by_operator      INTEGER NOT NULL DEFAULT 0, -- 1: stopped by `digest stop`, so only `digest resume` goes on
    reason           TEXT    NOT NULL DEFAULT '',
    started_ms       INTEGER NOT NULL,
    finished_ms      INTEGER,
    -- The fencing token of the daemon that sends; 0 for `digest send`. A sender whose token it no longer is sends nothing more.
    fencing_token    INTEGER NOT NULL DEFAULT 0,
    canary           INTEGER NOT NULL DEFAULT 0, -- how many recipients are the canary; 0: none
    canary_served_ms INTEGER,
    canary_passed_ms INTEGER
);

-- One row a recipient, written when the send begins. `due_ms` is set exactly while the row waits for a try.
CREATE TABLE deliveries (
    send_id       INTEGER NOT NULL REFERENCES sends (id),
    number        INTEGER NOT NULL,
    subscriber_id INTEGER NOT NULL,
    email         TEXT    NOT NULL,             -- '' once its subscriber is forgotten
    domain        TEXT    NOT NULL,             -- as in subscribers
    variant       INTEGER NOT NULL DEFAULT 1,   -- which form of the issue; there is one
    domain_group  INTEGER NOT NULL DEFAULT 0,   -- recipients of one group of domains share one; 0 is everybody else
    state         TEXT    NOT NULL CHECK (state IN
                      ('pending', 'in_flight', 'delivered', 'deferred', 'failed', 'suppressed', 'uncertain')),
    due_ms        INTEGER,
    dated_ms      INTEGER,                      -- the Date header of every try
    attempts      INTEGER NOT NULL DEFAULT 0,
    code          INTEGER,
    enhanced      TEXT,
    reply         TEXT,
    refusal       TEXT,                         -- a refusal's reply without what names one recipient or message
    updated_ms    INTEGER NOT NULL,
    PRIMARY KEY (send_id, number)
) WITHOUT ROWID;
CREATE INDEX deliveries_due ON deliveries (send_id, domain_group, due_ms, number) WHERE due_ms IS NOT NULL;

CREATE TABLE letters (
    id         INTEGER PRIMARY KEY,
    key        TEXT    NOT NULL UNIQUE,    -- the same key is queued once
    kind       TEXT    NOT NULL,           -- the folder under templates/letter/
    email      TEXT    NOT NULL,
    email_key  TEXT    NOT NULL,
    context    TEXT    NOT NULL,           -- JSON; '{}' once the letter is done, since it may hold a token
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'in_flight', 'sent', 'failed')),
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
-- The daemon asks twice a second whether a letter's sender ended between a final dot and its reply; all letters ever sent stand here.
CREATE INDEX letters_in_flight ON letters (id) WHERE state = 'in_flight';

-- What was typed into the sign-up form and waits to be looked at. Every address costs this one row before its answer, so
-- that an answer is kept through a crash and its time tells nothing.
CREATE TABLE signup_requests (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice
    email     TEXT    NOT NULL,
    email_key TEXT    NOT NULL,
    editions  TEXT    NOT NULL,           -- as in subscribers
    network   TEXT    NOT NULL            -- as in signups
);

-- Somebody typed an address into the sign-up form. It becomes a subscriber when its owner confirms.
CREATE TABLE signups (
    id         INTEGER PRIMARY KEY,
    email      TEXT    NOT NULL,
    email_key  TEXT    NOT NULL,
    editions   TEXT    NOT NULL,           -- as in subscribers
    network    TEXT    NOT NULL,           -- 192.0.2.0/24 or 2001:db8::/64
    token_hash BLOB    NOT NULL UNIQUE,
    asked_ms   INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    ended_ms   INTEGER                     -- confirmed, or killed by leaving
);
CREATE INDEX signups_email ON signups (email_key, asked_ms);
CREATE INDEX signups_network ON signups (network, asked_ms);

-- What a subscriber did themselves, when, and from which network: the record of consent.
CREATE TABLE acts (
    id            INTEGER PRIMARY KEY,
    subscriber_id INTEGER NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    at_ms         INTEGER NOT NULL,
    act           TEXT    NOT NULL,
    how           TEXT    NOT NULL,
    network       TEXT    NOT NULL
);
CREATE INDEX acts_subscriber ON acts (subscriber_id);

-- Who asked to be forgotten: a salted hash of the address, so that no import brings them back.
CREATE TABLE forgotten (hash BLOB PRIMARY KEY, at_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE salts (name TEXT PRIMARY KEY, salt BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO salts VALUES ('forgotten', randomblob(16));

-- Inbound messages, kept as evidence.
CREATE TABLE bounces (
    id            INTEGER PRIMARY KEY,
    hash          TEXT    NOT NULL,           -- SHA-256 of the message, hex: reading it twice changes nothing; for a reply the delivery
    subscriber_id INTEGER NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    issue         TEXT    NOT NULL,           -- '' when the message does not say
    kind          TEXT    NOT NULL CHECK (kind IN ('hard', 'soft', 'about_us', 'complaint', 'leave')),
    status        TEXT    NOT NULL,           -- enhanced status (RFC 3463), '' when there is none
    diagnostic    TEXT    NOT NULL,           -- one clean line
    matched_by    TEXT    NOT NULL CHECK (matched_by IN ('verp', 'message_id', 'address', 'token', 'reply')),
    received_ms   INTEGER NOT NULL,
    UNIQUE (hash, subscriber_id)
);
CREATE INDEX bounces_subscriber ON bounces (subscriber_id, received_ms);

-- Corrections of an issue's copy on the web. What was mailed stays in `approvals`; the archive shows the newest correction.
CREATE TABLE corrections (
    id              INTEGER PRIMARY KEY,
    issue           TEXT    NOT NULL REFERENCES approvals (issue),
    note            TEXT    NOT NULL,       -- the editor's words to subscribers; may be empty
    draft           TEXT    NOT NULL,       -- issue.toml as it was corrected
    rendered_sha256 TEXT    NOT NULL,
    rendered        TEXT    NOT NULL,       -- the corrected issue, JSON
    subject         TEXT    NOT NULL,       -- as in `rendered`
    preheader       TEXT    NOT NULL,
    corrected_ms    INTEGER NOT NULL
);
CREATE INDEX corrections_issue ON corrections (issue, id);

-- How often the counted links of a sent issue were followed, by all subscribers together. There is no time in it: in a small
-- audience an hour could tell who it was, and the report asks for none.
CREATE TABLE clicks (
    issue TEXT    NOT NULL REFERENCES approvals (issue),
    key   TEXT    NOT NULL,               -- of a counted link in the approved bytes
    count INTEGER NOT NULL,
    PRIMARY KEY (issue, key)
) WITHOUT ROWID;

-- One daemon acts. `fencing_token` grows with every new holder; whoever writes for the scheduler names the one it was given.
CREATE TABLE lease (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    holder     TEXT    NOT NULL,
    fencing_token INTEGER NOT NULL,
    since_ms   INTEGER NOT NULL,            -- a daemon has been watching since then
    expires_ms INTEGER NOT NULL
);

-- From when on the runs of an edition are the daemon's business.
CREATE TABLE watched (
    edition  TEXT    PRIMARY KEY,
    since_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- Each decision once. `occurrence` tells the second stop of a send from the first.
CREATE TABLE journal (
    id      INTEGER PRIMARY KEY,
    edition TEXT    NOT NULL,
    date    TEXT    NOT NULL,               -- the run's local date
    what    TEXT    NOT NULL,
    occurrence INTEGER NOT NULL DEFAULT 0,
    detail  TEXT    NOT NULL,               -- a sentence for people
    at_ms   INTEGER NOT NULL,
    fencing_token INTEGER NOT NULL,
    UNIQUE (edition, date, what, occurrence)
);
