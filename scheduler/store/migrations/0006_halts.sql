-- What ended sound (STOP, mutes, withdrawals) and which units said that they obey.

CREATE TABLE halt (
    id     TEXT   NOT NULL PRIMARY KEY,
    kind   TEXT   NOT NULL, -- stop, mute or withdraw
    area   TEXT   NOT NULL, -- where it was said, or in whose name
    ref    TEXT   NOT NULL, -- of a mute its id, of a withdrawal the programme
    at     BIGINT NOT NULL,
    over   BIGINT NOT NULL, -- from then on nothing of it could sound anyway
    actor  TEXT   NOT NULL,
    name   TEXT   NOT NULL,
    why    TEXT   NOT NULL,
    body   TEXT   NOT NULL, -- JSON: what was ended, and the snapshots that say so
    closed BIGINT NOT NULL  -- 0 while a unit has not said that it obeys
);
CREATE INDEX halt_open ON halt (at) WHERE closed = 0;
CREATE INDEX halt_at ON halt (at, id);

CREATE TABLE halt_unit (
    halt TEXT    NOT NULL REFERENCES halt (id) ON DELETE CASCADE,
    unit INTEGER NOT NULL REFERENCES unit (num) ON DELETE CASCADE,
    said BIGINT  NOT NULL, -- when the centre heard it
    PRIMARY KEY (halt, unit)
) WITHOUT ROWID;

ALTER TABLE person ADD COLUMN phone TEXT NOT NULL DEFAULT '';
ALTER TABLE mute ADD COLUMN actor TEXT NOT NULL DEFAULT '';
-- What the unit's agent can do, as its last birth said; JSON, or ''.
ALTER TABLE presence ADD COLUMN features TEXT NOT NULL DEFAULT '';
