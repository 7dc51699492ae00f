-- Quiet times with an end, and when people left: units take nothing of theirs
-- that is younger.

CREATE TABLE exception (
    id      TEXT   NOT NULL PRIMARY KEY,
    address TEXT   NOT NULL,
    start   BIGINT NOT NULL,
    until   BIGINT NOT NULL,
    daily   TEXT   NOT NULL, -- JSON: a time of day, or ''
    why     TEXT   NOT NULL,
    loud    TEXT   NOT NULL, -- JSON: levels that sound all the same, or ''
    actor   TEXT   NOT NULL,
    made    BIGINT NOT NULL,
    ended   BIGINT NOT NULL
);
CREATE INDEX exception_until ON exception (until);

ALTER TABLE person ADD COLUMN left_at BIGINT NOT NULL DEFAULT 0;
