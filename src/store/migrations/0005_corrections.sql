-- Corrections of an issue's copy on the web. What was mailed stays in `approvals`; the archive shows the newest correction.
CREATE TABLE corrections (
    id              INTEGER PRIMARY KEY,
    issue           TEXT    NOT NULL REFERENCES approvals (issue),
    note            TEXT    NOT NULL,       -- the editor's words to readers; may be empty
    draft           TEXT    NOT NULL,       -- issue.toml as it was corrected
    rendered_sha256 TEXT    NOT NULL,
    rendered        TEXT    NOT NULL,       -- the corrected issue, JSON
    corrected_ms    INTEGER NOT NULL
);
CREATE INDEX corrections_issue ON corrections (issue, id);
