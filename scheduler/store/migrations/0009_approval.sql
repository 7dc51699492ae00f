-- What waits for the consent of others before it goes out. Times are unix
-- milliseconds, 0 for none.

ALTER TABLE programme ADD COLUMN hands TEXT NOT NULL DEFAULT ''; -- JSON: who drafted the version

-- One way of a version to the air.
CREATE TABLE submission (
    id        INTEGER NOT NULL PRIMARY KEY,
    programme TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    person    TEXT    NOT NULL,
    at        BIGINT  NOT NULL,
    hands     TEXT    NOT NULL, -- JSON: who may not agree
    hash      TEXT    NOT NULL, -- of what is to go out
    body      TEXT    NOT NULL, -- JSON, as it is to go out, with items
    addresses TEXT    NOT NULL, -- JSON
    assets    TEXT    NOT NULL, -- JSON
    steps     INTEGER NOT NULL,
    first     BIGINT  NOT NULL, -- its first cue
    late      BIGINT  NOT NULL, -- when that passed without approval
    effective BIGINT  NOT NULL, -- when its release takes effect
    ended     BIGINT  NOT NULL,
    outcome   TEXT    NOT NULL,
    why       TEXT    NOT NULL,
    FOREIGN KEY (programme, version) REFERENCES programme (id, version) ON DELETE CASCADE
);
CREATE INDEX submission_of ON submission (programme, version, id);
CREATE INDEX submission_open ON submission (ended, id) WHERE ended = 0;
CREATE INDEX submission_late ON submission (late) WHERE late > 0;

CREATE TABLE consent (
    submission INTEGER NOT NULL REFERENCES submission (id) ON DELETE CASCADE,
    step       INTEGER NOT NULL,
    person     TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    lender     TEXT    NOT NULL, -- whose deputy the person was, or ''
    at         BIGINT  NOT NULL,
    PRIMARY KEY (submission, step)
);

-- Warnings that wait for their second person.
CREATE TABLE warning_waiting (
    id    TEXT   NOT NULL PRIMARY KEY,
    body  TEXT   NOT NULL, -- JSON
    person TEXT  NOT NULL,
    at    BIGINT NOT NULL,
    until BIGINT NOT NULL
);

-- Times in which nothing new goes out.
CREATE TABLE freeze (
    id       TEXT   NOT NULL PRIMARY KEY,
    start    BIGINT NOT NULL,
    until    BIGINT NOT NULL,
    why      TEXT   NOT NULL,
    person   TEXT   NOT NULL,
    at       BIGINT NOT NULL,
    lifted   BIGINT NOT NULL,
    approved TEXT   NOT NULL -- JSON: programmes and hashes
);
CREATE INDEX freeze_until ON freeze (until);
