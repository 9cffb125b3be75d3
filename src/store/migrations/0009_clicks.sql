-- How often the counted links of a sent issue were followed, by all readers together. There is no time in it: in a small audience an hour
-- could tell who it was, and the report asks for none.
CREATE TABLE clicks (
    issue TEXT    NOT NULL REFERENCES approvals (issue),
    key   TEXT    NOT NULL,               -- of a counted link in the approved bytes
    count INTEGER NOT NULL,
    PRIMARY KEY (issue, key)
) WITHOUT ROWID;
