-- Imports, so that a send sees whole ones.
CREATE TABLE imports (
    id          INTEGER PRIMARY KEY,
    file        TEXT    NOT NULL,           -- its name, without the folder
    started_ms  INTEGER NOT NULL,
    finished_ms INTEGER
);
-- Whom an import that is not finished lets be mailed: nobody mails them yet.
CREATE TABLE importing (
    subscriber_id INTEGER PRIMARY KEY REFERENCES subscribers (id) ON DELETE CASCADE,
    import_id     INTEGER NOT NULL REFERENCES imports (id),
    was           TEXT    NOT NULL          -- '' for one who is new, or the status before
);
