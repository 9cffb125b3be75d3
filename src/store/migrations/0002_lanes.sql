-- Recipients of one group of domains share a lane, so that one group can be slowed while the others go on. 0 is everybody else.
ALTER TABLE deliveries ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;
DROP INDEX deliveries_due;
CREATE INDEX deliveries_due ON deliveries (send_id, lane, due_ms, number) WHERE due_ms IS NOT NULL;
