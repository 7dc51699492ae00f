-- The county, its content, and what was published. Times are unix milliseconds.

CREATE TABLE county (
    one  INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    body TEXT    NOT NULL,
    rev  BIGINT  NOT NULL
);

CREATE TABLE area (
    id      TEXT   NOT NULL PRIMARY KEY,
    parent  TEXT   REFERENCES area (id),
    name    TEXT   NOT NULL,
    code    TEXT   NOT NULL,
    contact TEXT   NOT NULL,
    rev     BIGINT NOT NULL
);
CREATE INDEX area_parent ON area (parent);

-- num stands for the unit in the tables of proof, which have a row for each
-- quarter of an hour of each unit.
CREATE TABLE unit (
    num         INTEGER NOT NULL PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    area        TEXT    NOT NULL REFERENCES area (id),
    name        TEXT    NOT NULL,
    state       TEXT    NOT NULL,
    state_since BIGINT  NOT NULL,
    outputs     TEXT    NOT NULL, -- words with commas
    volume      INTEGER NOT NULL,
    lat         REAL,
    lon         REAL,
    panel_w     INTEGER NOT NULL,
    panel_h     INTEGER NOT NULL,
    quiet       TEXT    NOT NULL, -- JSON
    secret      BLOB    NOT NULL,
    rev         BIGINT  NOT NULL
);
CREATE INDEX unit_area ON unit (area, id);

CREATE TABLE groups (
    id   TEXT   NOT NULL PRIMARY KEY,
    name TEXT   NOT NULL,
    rev  BIGINT NOT NULL
);
CREATE TABLE group_member (
    grp    TEXT    NOT NULL REFERENCES groups (id) ON DELETE CASCADE,
    kind   TEXT    NOT NULL, -- area or unit
    member TEXT    NOT NULL,
    pos    INTEGER NOT NULL,
    PRIMARY KEY (grp, kind, member)
);
CREATE INDEX group_member_of ON group_member (kind, member);

CREATE TABLE calendar (
    id    TEXT   NOT NULL PRIMARY KEY,
    name  TEXT   NOT NULL,
    dates TEXT   NOT NULL, -- JSON
    rev   BIGINT NOT NULL
);

CREATE TABLE asset (
    id        TEXT   NOT NULL PRIMARY KEY,
    kind      TEXT   NOT NULL,
    title     TEXT   NOT NULL,
    name      TEXT   NOT NULL,
    created   BIGINT NOT NULL,
    text      TEXT   NOT NULL,
    stay      BIGINT NOT NULL,
    effect    TEXT   NOT NULL,
    color     TEXT   NOT NULL,
    size      BIGINT NOT NULL,
    hash      TEXT   NOT NULL, -- the rendition's, or ''
    rendition TEXT   NOT NULL  -- JSON, or ''
);
CREATE INDEX asset_created ON asset (created, id);
CREATE INDEX asset_hash ON asset (hash);

CREATE TABLE playlist (
    id    TEXT   NOT NULL PRIMARY KEY,
    title TEXT   NOT NULL,
    rev   BIGINT NOT NULL
);
CREATE TABLE playlist_item (
    playlist TEXT    NOT NULL REFERENCES playlist (id) ON DELETE CASCADE,
    pos      INTEGER NOT NULL,
    title    TEXT    NOT NULL,
    audio    TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    PRIMARY KEY (playlist, pos)
);
CREATE INDEX playlist_item_audio ON playlist_item (audio);
CREATE INDEX playlist_item_text ON playlist_item (text);

CREATE TABLE programme (
    id       TEXT    NOT NULL,
    version  INTEGER NOT NULL,
    state    TEXT    NOT NULL,
    title    TEXT    NOT NULL,
    category TEXT    NOT NULL,
    campaign TEXT    NOT NULL,
    playlist TEXT    NOT NULL,
    issuer   TEXT    NOT NULL,
    drafted  TEXT    NOT NULL, -- JSON, as it was drafted
    released TEXT    NOT NULL, -- JSON, as it went out: with items and validity; or ''
    rev      BIGINT  NOT NULL,
    created  BIGINT  NOT NULL,
    released_at BIGINT NOT NULL,
    ends     BIGINT  NOT NULL, -- of the validity, once released
    ended_at BIGINT  NOT NULL, -- superseded, withdrawn or stopped
    PRIMARY KEY (id, version)
);
CREATE INDEX programme_state ON programme (state, id);
CREATE INDEX programme_playlist ON programme (playlist);

-- What a version names: areas, groups, units, exceptions, calendars and, once
-- released, assets.
CREATE TABLE programme_names (
    kind      TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    programme TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (kind, name, programme, version),
    FOREIGN KEY (programme, version) REFERENCES programme (id, version) ON DELETE CASCADE
);
CREATE INDEX programme_names_by ON programme_names (programme, version);

-- In whose bulletins a released version stands.
CREATE TABLE programme_address (
    address   TEXT    NOT NULL,
    programme TEXT    NOT NULL,
    version   INTEGER NOT NULL,
    PRIMARY KEY (address, programme, version),
    FOREIGN KEY (programme, version) REFERENCES programme (id, version) ON DELETE CASCADE
);
CREATE INDEX programme_address_by ON programme_address (programme, version);

CREATE TABLE warning (
    id        TEXT    NOT NULL PRIMARY KEY,
    area      TEXT    NOT NULL,
    body      TEXT    NOT NULL, -- JSON
    interrupt TEXT    NOT NULL, -- JSON, as it went out
    audio     TEXT    NOT NULL,
    issued    BIGINT  NOT NULL,
    until     BIGINT  NOT NULL,
    ended     BIGINT  NOT NULL,
    why_ended TEXT    NOT NULL
);
CREATE INDEX warning_issued ON warning (issued, id);
CREATE INDEX warning_area ON warning (area, until);

CREATE TABLE mute (
    id      TEXT    NOT NULL PRIMARY KEY,
    address TEXT    NOT NULL,
    start   BIGINT  NOT NULL,
    until   BIGINT  NOT NULL,
    why     TEXT    NOT NULL,
    pause   INTEGER NOT NULL,
    ended   BIGINT  NOT NULL
);
CREATE INDEX mute_until ON mute (until);

CREATE TABLE bar (
    address TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL,
    at      BIGINT  NOT NULL,
    actor   TEXT    NOT NULL,
    until   BIGINT  NOT NULL, -- the end of what is barred
    PRIMARY KEY (address, id, version)
);

-- The state of each snapshot. stale is the number of the last change that it
-- does not show yet, 0 when it shows all.
CREATE TABLE snapshot (
    address   TEXT    NOT NULL,
    kind      TEXT    NOT NULL,
    stale     BIGINT  NOT NULL,
    force     INTEGER NOT NULL, -- make a new revision even of the same content
    given     BIGINT  NOT NULL, -- the last revision given
    hash      BLOB    NOT NULL, -- of the content under it
    saved     BIGINT  NOT NULL, -- the revision of the envelope kept
    published BIGINT  NOT NULL, -- the revision that the broker took
    PRIMARY KEY (address, kind)
);
CREATE INDEX snapshot_stale ON snapshot (kind, address) WHERE stale > 0;
CREATE INDEX snapshot_unpublished ON snapshot (kind, address) WHERE published < saved;

CREATE TABLE envelope (
    address  TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    body     BLOB   NOT NULL,
    PRIMARY KEY (address, kind)
);

-- The files that published snapshots name, and may be fetched.
CREATE TABLE media (
    hash     TEXT   NOT NULL,
    address  TEXT   NOT NULL,
    kind     TEXT   NOT NULL,
    revision BIGINT NOT NULL,
    type     TEXT   NOT NULL,
    size     BIGINT NOT NULL,
    PRIMARY KEY (hash, address, kind)
);
CREATE INDEX media_by ON media (address, kind);

CREATE TABLE audit (
    id    INTEGER NOT NULL PRIMARY KEY,
    at    BIGINT  NOT NULL,
    actor TEXT    NOT NULL,
    act   TEXT    NOT NULL,
    ref   TEXT    NOT NULL,
    text  TEXT    NOT NULL
);

CREATE TABLE idempotency (
    key         TEXT    NOT NULL PRIMARY KEY,
    at          BIGINT  NOT NULL,
    fingerprint TEXT    NOT NULL,
    status      INTEGER NOT NULL, -- 0 while under way
    header      TEXT    NOT NULL,
    body        BLOB    NOT NULL
);
CREATE INDEX idempotency_at ON idempotency (at);

CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY,
    value BLOB NOT NULL
);

CREATE TABLE signing_key (
    id      TEXT   NOT NULL PRIMARY KEY,
    public  BLOB   NOT NULL,
    created BIGINT NOT NULL,
    removed BIGINT NOT NULL
);
