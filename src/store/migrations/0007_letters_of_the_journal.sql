-- What the editors are told is a letter in the queue, put there with the decision that it tells of.
ALTER TABLE journal DROP COLUMN letter;
ALTER TABLE journal DROP COLUMN told_ms;
