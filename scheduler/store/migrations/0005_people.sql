-- People, how they come in, and what they did. Of secrets only hashes are here:
-- SHA-256 of what is random, argon2id of what a person chose.

CREATE TABLE person (
    id       TEXT   NOT NULL PRIMARY KEY,
    name     TEXT   NOT NULL,
    state    TEXT   NOT NULL, -- active or left
    password TEXT   NOT NULL, -- argon2id in the PHC form, or '' for none
    grants   TEXT   NOT NULL, -- JSON
    created  BIGINT NOT NULL,
    rev      BIGINT NOT NULL
);

-- person is one of the table above, or admin.
CREATE TABLE session (
    id      TEXT   NOT NULL PRIMARY KEY,
    hash    BLOB   NOT NULL UNIQUE,
    person  TEXT   NOT NULL,
    device  BLOB   NOT NULL, -- hash of the browser's own mark
    label   TEXT   NOT NULL, -- what the browser says it is
    origin  TEXT   NOT NULL, -- network address
    via     TEXT   NOT NULL, -- password, card or link
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    ended   BIGINT NOT NULL  -- 0 while it holds
);
CREATE INDEX session_person ON session (person, ended);

CREATE TABLE token (
    id      TEXT   NOT NULL PRIMARY KEY,
    hash    BLOB   NOT NULL UNIQUE,
    person  TEXT   NOT NULL,
    title   TEXT   NOT NULL,
    acts    TEXT   NOT NULL, -- JSON
    area    TEXT   NOT NULL, -- '' for all of its person's
    created BIGINT NOT NULL,
    used    BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    ended   BIGINT NOT NULL
);
CREATE INDEX token_person ON token (person, ended);

-- A card signs a person in once.
CREATE TABLE card (
    id       TEXT   NOT NULL PRIMARY KEY,
    hash     BLOB   NOT NULL UNIQUE,
    person   TEXT   NOT NULL,
    given_by TEXT   NOT NULL,
    created  BIGINT NOT NULL,
    ends     BIGINT NOT NULL,
    used     BIGINT NOT NULL -- 0 until then; withdrawn cards are deleted
);
CREATE INDEX card_person ON card (person);

-- deputy acts for person from the first day to the last.
CREATE TABLE deputy (
    person TEXT NOT NULL REFERENCES person (id),
    deputy TEXT NOT NULL REFERENCES person (id),
    first  TEXT NOT NULL,
    last   TEXT NOT NULL,
    PRIMARY KEY (person, deputy, first)
);

-- Wrong passwords, by account and device.
CREATE TABLE wrong_password (
    bucket TEXT    NOT NULL PRIMARY KEY,
    count  INTEGER NOT NULL,
    last   BIGINT  NOT NULL
);

ALTER TABLE playlist ADD COLUMN area TEXT NOT NULL DEFAULT '';
ALTER TABLE programme ADD COLUMN author TEXT NOT NULL DEFAULT '';

-- hash covers the line and the hash before it (prev); lines of before this was
-- kept have none.
ALTER TABLE audit ADD COLUMN kind   TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN name   TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN via    TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN origin TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN was    TEXT NOT NULL DEFAULT ''; -- JSON, or ''
ALTER TABLE audit ADD COLUMN became TEXT NOT NULL DEFAULT ''; -- JSON, or ''
ALTER TABLE audit ADD COLUMN prev   TEXT NOT NULL DEFAULT '';
ALTER TABLE audit ADD COLUMN hash   TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_ref ON audit (kind, ref, id);

CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is only added to'); END;
