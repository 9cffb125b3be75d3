-- One row while the database is an unfinished copy of another one; until then nobody acts from it.
CREATE TABLE copying (
    id       BIGINT PRIMARY KEY CHECK (id = 1),
    source   TEXT COLLATE "C" NOT NULL,             -- names the salt of the other one
    place    TEXT COLLATE "C" NOT NULL,             -- where that is, for people
    begun_ms BIGINT NOT NULL,
    differs  TEXT COLLATE "C" NOT NULL DEFAULT ''   -- the tables that differed at the end; then it is begun anew
);
-- What is known of a send whose ledger was pruned, JSON.
ALTER TABLE sends ADD COLUMN pruned TEXT COLLATE "C";
