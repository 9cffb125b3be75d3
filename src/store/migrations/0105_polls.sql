-- How often each answer of a sent issue's poll was given. Nothing says by whom or when.
CREATE TABLE poll_answers (
    issue  TEXT    NOT NULL REFERENCES approvals (issue),
    answer INTEGER NOT NULL,               -- its number, from 1, in the approved bytes
    count  INTEGER NOT NULL,
    PRIMARY KEY (issue, answer)
) WITHOUT ROWID;
