-- Counts the processes that have sent an issue. The writer of an earlier one, should it wake up, finds another number and writes nothing.
ALTER TABLE sends ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;
