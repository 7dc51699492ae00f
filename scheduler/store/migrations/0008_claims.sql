-- How devices become those of units. Of a claim only the hash is here, of a key
-- only the public half's.

-- A claim makes one device the unit's. A unit has one that is good at most.
CREATE TABLE claim (
    hash      BLOB   NOT NULL PRIMARY KEY,
    unit      TEXT   NOT NULL REFERENCES unit (id),
    issued_by TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    ends      BIGINT NOT NULL,
    ended     BIGINT NOT NULL, -- 0; when a newer one took its place
    used      BIGINT NOT NULL, -- 0 until then
    pubkey    BLOB   NOT NULL  -- SHA-256 of the public key that used it
);
CREATE INDEX claim_unit ON claim (unit, ended);

-- Certificates of devices, all that were ever given.
CREATE TABLE certificate (
    serial  TEXT   NOT NULL PRIMARY KEY,
    unit    TEXT   NOT NULL REFERENCES unit (id),
    pubkey  BLOB   NOT NULL, -- SHA-256 of the device's public key
    der     BLOB   NOT NULL,
    issued  BIGINT NOT NULL,
    ends    BIGINT NOT NULL,
    revoked BIGINT NOT NULL, -- 0 while it holds
    why     TEXT   NOT NULL
);
CREATE INDEX certificate_unit ON certificate (unit, revoked);
CREATE INDEX certificate_revoked ON certificate (revoked);
