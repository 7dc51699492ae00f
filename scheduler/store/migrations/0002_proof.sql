-- Presence, and what units proved.

CREATE TABLE presence (
    unit         INTEGER NOT NULL PRIMARY KEY REFERENCES unit (num) ON DELETE CASCADE,
    online       INTEGER NOT NULL,
    since        BIGINT  NOT NULL,
    last_seen    BIGINT  NOT NULL,
    session      BIGINT  NOT NULL,
    spool        TEXT    NOT NULL,
    boot         TEXT    NOT NULL,
    cause        TEXT    NOT NULL,
    software     TEXT    NOT NULL,
    sound_output TEXT    NOT NULL,
    page         TEXT    NOT NULL,
    have         TEXT    NOT NULL -- JSON, or ''
);

CREATE TABLE outage (
    id     INTEGER NOT NULL PRIMARY KEY,
    unit   INTEGER NOT NULL REFERENCES unit (num) ON DELETE CASCADE,
    kind   TEXT    NOT NULL,
    start  BIGINT  NOT NULL,
    finish BIGINT  NOT NULL, -- 0 while it lasts
    cause  TEXT    NOT NULL,
    text   TEXT    NOT NULL
);
CREATE INDEX outage_unit ON outage (unit, start);
CREATE INDEX outage_start ON outage (start);
CREATE INDEX outage_open ON outage (unit, kind) WHERE finish = 0;

-- The spans in which the centre heard its units.
CREATE TABLE watched (
    start  BIGINT NOT NULL PRIMARY KEY,
    finish BIGINT NOT NULL, -- the last moment known
    why    TEXT   NOT NULL  -- why it ended
);

-- stored is the sequence number up to which everything of a spool is here.
CREATE TABLE spool (
    num    INTEGER NOT NULL PRIMARY KEY,
    unit   INTEGER NOT NULL REFERENCES unit (num) ON DELETE CASCADE,
    id     TEXT    NOT NULL,
    stored BIGINT  NOT NULL,
    UNIQUE (unit, id)
);

-- What plays, by number, so that a row of proof need not spell it out.
CREATE TABLE content (
    num       INTEGER NOT NULL PRIMARY KEY,
    programme TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    interrupt TEXT    NOT NULL,
    title     TEXT    NOT NULL,
    level     TEXT    NOT NULL,
    UNIQUE (programme, version, interrupt)
);

-- code packs output, outcome and grade; rounds is packed; note is JSON of what
-- few entries have. The order of the key is that of the questions asked: one
-- unit, some days.
CREATE TABLE asrun (
    unit    INTEGER NOT NULL,
    start   BIGINT  NOT NULL,
    spool   INTEGER NOT NULL,
    seq     BIGINT  NOT NULL,
    content INTEGER NOT NULL,
    length  BIGINT  NOT NULL,
    code    INTEGER NOT NULL,
    stored  BIGINT  NOT NULL, -- seconds after the start
    rounds  BLOB    NOT NULL,
    note    TEXT,
    PRIMARY KEY (unit, start, spool, seq)
) WITHOUT ROWID;
CREATE INDEX asrun_start ON asrun (start, content);

CREATE TABLE skip (
    unit    INTEGER NOT NULL,
    start   BIGINT  NOT NULL,
    spool   INTEGER NOT NULL,
    seq     BIGINT  NOT NULL,
    content INTEGER NOT NULL,
    output  TEXT    NOT NULL,
    rounds  INTEGER NOT NULL,
    until   BIGINT  NOT NULL,
    reason  TEXT    NOT NULL,
    why     TEXT    NOT NULL,
    PRIMARY KEY (unit, start, spool, seq)
) WITHOUT ROWID;
CREATE INDEX skip_start ON skip (start, content);

CREATE TABLE off (
    unit   INTEGER NOT NULL,
    start  BIGINT  NOT NULL,
    finish BIGINT  NOT NULL,
    clean  INTEGER NOT NULL,
    PRIMARY KEY (unit, start, finish)
) WITHOUT ROWID;

CREATE TABLE notable (
    id   INTEGER NOT NULL PRIMARY KEY,
    at   BIGINT  NOT NULL,
    unit TEXT    NOT NULL,
    code TEXT    NOT NULL,
    text TEXT    NOT NULL
);
CREATE INDEX notable_unit ON notable (unit, id);
