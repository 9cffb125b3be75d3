-- Processes that send an issue. The identifier fences: a sender that was ended by another one records nothing more.
CREATE TABLE senders (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    send_id     INTEGER NOT NULL REFERENCES sends (id),
    name        TEXT    NOT NULL,             -- host and process, for people
    process     TEXT    NOT NULL,             -- which process of which host, by which that host sees whether it has died; '' where it cannot
    connections INTEGER NOT NULL,             -- the most that it opens
    started_ms  INTEGER NOT NULL,
    -- The lease, by the database's clock. Another sender may end this one after it has run out.
    seen_ms     INTEGER NOT NULL,
    expires_ms  INTEGER NOT NULL,
    ended_ms    INTEGER,                      -- NULL while it sends
    is_idle     INTEGER NOT NULL DEFAULT 0,   -- it waits for the others to finish
    in_flight   INTEGER NOT NULL DEFAULT 0,
    tried       INTEGER NOT NULL DEFAULT 0,   -- outcomes recorded
    refused     INTEGER NOT NULL DEFAULT 0,   -- of these, for our content or reputation
    bounced     INTEGER NOT NULL DEFAULT 0,   -- of these, because the address does not exist
    per_minute  INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX senders_send ON senders (send_id, ended_ms);
ALTER TABLE sends DROP COLUMN epoch;
