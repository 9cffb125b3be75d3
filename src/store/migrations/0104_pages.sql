-- What a form asks for: to be on the list, or for the link to one's preferences.
ALTER TABLE signup_requests ADD COLUMN kind TEXT NOT NULL DEFAULT 'sign_up' CHECK (kind IN ('sign_up', 'link', 'move'));
ALTER TABLE signups ADD COLUMN kind TEXT NOT NULL DEFAULT 'sign_up' CHECK (kind IN ('sign_up', 'link', 'move'));
-- The mailbox behind an address, whatever its tag (ann+news@): what the limits on letters count.
ALTER TABLE signups ADD COLUMN mailbox TEXT NOT NULL DEFAULT '';
UPDATE signups SET mailbox = CASE WHEN instr(email_key, '+') BETWEEN 2 AND instr(email_key, '@')
    THEN substr(email_key, 1, instr(email_key, '+') - 1) || substr(email_key, instr(email_key, '@')) ELSE email_key END;
DROP INDEX signups_email;
CREATE INDEX signups_email ON signups (email_key);
CREATE INDEX signups_mailbox ON signups (mailbox, asked_ms);

-- A subscriber wants their mail at another address, whose owner has to confirm it.
CREATE TABLE moves (
    id            INTEGER PRIMARY KEY,
    subscriber_id INTEGER NOT NULL REFERENCES subscribers (id) ON DELETE CASCADE,
    email         TEXT    NOT NULL,
    email_key     TEXT    NOT NULL,
    token_hash    BLOB    NOT NULL UNIQUE,
    asked_ms      INTEGER NOT NULL,
    expires_ms    INTEGER NOT NULL,
    ended_ms      INTEGER                  -- confirmed, or ended by another or by leaving
);
CREATE INDEX moves_subscriber ON moves (subscriber_id);
CREATE INDEX moves_email ON moves (email_key);
