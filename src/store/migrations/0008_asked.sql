-- What was typed into the sign-up form and waits to be looked at. Every address costs this one row before its answer, so
-- that an answer is kept through a crash and its time tells nothing.
CREATE TABLE asked (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,   -- never given twice
    email     TEXT    NOT NULL,
    email_key TEXT    NOT NULL,
    editions  TEXT    NOT NULL,           -- as in readers
    network   TEXT    NOT NULL            -- as in signups
);
