-- What came back, kept as evidence. Times are Unix milliseconds, UTC.
CREATE TABLE bounces (
    id          INTEGER PRIMARY KEY,
    hash        TEXT    NOT NULL,           -- SHA-256 of the message, hex: reading it twice changes nothing
    reader_id   INTEGER NOT NULL REFERENCES readers (id) ON DELETE CASCADE,
    issue       TEXT    NOT NULL,           -- '' when the message does not say
    kind        TEXT    NOT NULL CHECK (kind IN ('hard', 'soft', 'about_us', 'complaint', 'leave')),
    status      TEXT    NOT NULL,           -- enhanced status (RFC 3463), '' when there is none
    diagnostic  TEXT    NOT NULL,           -- one clean line
    matched_by  TEXT    NOT NULL CHECK (matched_by IN ('verp', 'message_id', 'address', 'token')),
    received_ms INTEGER NOT NULL,
    UNIQUE (hash, reader_id)
);

CREATE INDEX bounces_reader ON bounces (reader_id, received_ms);
