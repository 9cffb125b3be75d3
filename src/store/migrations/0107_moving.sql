-- One row while the database is an unfinished copy of another one; until then nobody acts from it.
CREATE TABLE copying (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    source   TEXT    NOT NULL,             -- names the salt of the other one
    place    TEXT    NOT NULL,             -- where that is, for people
    begun_ms INTEGER NOT NULL,
    differs  TEXT    NOT NULL DEFAULT ''   -- the tables that differed at the end; then it is begun anew
);
-- What is known of a send whose ledger was pruned, JSON.
ALTER TABLE sends ADD COLUMN pruned TEXT;
