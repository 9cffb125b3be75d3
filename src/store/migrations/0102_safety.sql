-- The safety log outside the database, and databases restored from a backup.

-- What changed of people and is not in the safety log yet. AUTOINCREMENT numbers the changes for good: a database whose last number is
-- below the log's is older than it.
CREATE TABLE safety_queue (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    what      TEXT    NOT NULL,           -- unsubscribed, bounced, complained, erased, back
    email_key TEXT,                       -- or
    hash      BLOB,                       -- the salted hash of `forgotten`
    at_ms     INTEGER NOT NULL
);

CREATE TRIGGER safety_off AFTER UPDATE OF status ON subscribers
WHEN NEW.status IN ('unsubscribed', 'bounced', 'complained') AND OLD.status <> NEW.status BEGIN
    INSERT INTO safety_queue (what, email_key, at_ms) VALUES (NEW.status, NEW.email_key, coalesce(NEW.left_ms, 0));
END;
CREATE TRIGGER safety_off_new AFTER INSERT ON subscribers
WHEN NEW.status IN ('unsubscribed', 'bounced', 'complained') BEGIN
    INSERT INTO safety_queue (what, email_key, at_ms) VALUES (NEW.status, NEW.email_key, coalesce(NEW.left_ms, 0));
END;
CREATE TRIGGER safety_back AFTER UPDATE OF status ON subscribers
WHEN OLD.status IN ('unsubscribed', 'bounced', 'complained') AND NEW.status IN ('pending', 'confirmed') BEGIN
    INSERT INTO safety_queue (what, email_key, at_ms) VALUES ('back', NEW.email_key, coalesce(NEW.confirmed_ms, 0));
END;
CREATE TRIGGER safety_erased AFTER INSERT ON forgotten BEGIN
    INSERT INTO safety_queue (what, hash, at_ms) VALUES ('erased', NEW.hash, NEW.at_ms);
END;
CREATE TRIGGER safety_remembered AFTER DELETE ON forgotten BEGIN
    INSERT INTO safety_queue (what, hash, at_ms) VALUES ('back', OLD.hash, OLD.at_ms);
END;

-- One row while the database comes from a backup and nobody has released it.
CREATE TABLE hold (
    id           INTEGER PRIMARY KEY CHECK (id = 1),
    backup_ms    INTEGER NOT NULL,
    original_log TEXT    NOT NULL
);

-- Recipients of issues that another database sent before this one took over, by the first bytes of the salted hash.
CREATE TABLE sent_before (
    issue  TEXT NOT NULL,
    mark   BLOB NOT NULL,
    ending TEXT NOT NULL,                 -- delivered, failed, uncertain, waits
    PRIMARY KEY (issue, mark)
) WITHOUT ROWID;
