-- The first revision of the address's bulletin that holds the version; 0 while
-- it is not made, or was made before this was noted.
ALTER TABLE programme_address ADD COLUMN revision BIGINT NOT NULL DEFAULT 0;

-- Moments in which most units fell at once: the centre's own trouble. gone is
-- JSON: which units, from when, and until when.
CREATE TABLE incident (
    id     INTEGER NOT NULL PRIMARY KEY,
    start  BIGINT  NOT NULL,
    finish BIGINT  NOT NULL, -- 0 while it lasts
    there  INTEGER NOT NULL, -- how many units were there before
    gone   TEXT    NOT NULL
);
CREATE INDEX incident_open ON incident (finish);
