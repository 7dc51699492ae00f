-- What a unit said of its clock last: JSON, or ''; and when that was.

ALTER TABLE presence ADD COLUMN clock TEXT NOT NULL DEFAULT '';
ALTER TABLE presence ADD COLUMN clock_at BIGINT NOT NULL DEFAULT 0;
