-- What `digest serve` decided, who may decide, and what a send needs to be watched: its daemon's fence and its canary.

-- One daemon acts. `fence` grows with every new reign; whoever writes for the rhythm names the fence it was given.
CREATE TABLE lease (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    holder     TEXT    NOT NULL,
    fence      INTEGER NOT NULL,
    since_ms   INTEGER NOT NULL,            -- the reign's beginning: a daemon has been watching since then
    expires_ms INTEGER NOT NULL
);

-- From when on the runs of an edition are the daemon's business.
CREATE TABLE watched (
    edition  TEXT    PRIMARY KEY,
    since_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- Each decision once. `turn` tells the second stop of a send from the first.
CREATE TABLE journal (
    id      INTEGER PRIMARY KEY,
    edition TEXT    NOT NULL,
    date    TEXT    NOT NULL,               -- the run's local date
    what    TEXT    NOT NULL,
    turn    INTEGER NOT NULL DEFAULT 0,
    detail  TEXT    NOT NULL,               -- a sentence for people
    at_ms   INTEGER NOT NULL,
    fence   INTEGER NOT NULL,
    letter  TEXT,                           -- what the editors are to be told, JSON; NULL: nothing
    told_ms INTEGER,                        -- when their mail had left
    UNIQUE (edition, date, what, turn)
);

-- The fence of the daemon that sends; 0 for `digest send`. A sender whose fence it no longer is sends nothing more.
ALTER TABLE sends ADD COLUMN fence INTEGER NOT NULL DEFAULT 0;
-- How many recipients are the canary; 0: none. Set when the audience is frozen.
ALTER TABLE sends ADD COLUMN canary INTEGER NOT NULL DEFAULT 0;
-- When the canary was served, and when the rest was let go.
ALTER TABLE sends ADD COLUMN canary_served_ms INTEGER;
ALTER TABLE sends ADD COLUMN canary_passed_ms INTEGER;
