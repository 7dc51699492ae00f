-- The cause of an outage is said in the language of its reader: beside its code
-- stands only what the code does not say.

ALTER TABLE outage RENAME COLUMN text TO detail;

UPDATE outage SET detail = CASE
    WHEN instr(detail, '; last heard ') > 0 THEN replace(substr(detail, instr(detail, '; last heard ') + 13, 19), ' ', 'T') || 'Z'
    WHEN cause = 'not-played' AND instr(detail, ': ') > 0 THEN substr(detail, instr(detail, ': ') + 2)
    ELSE '' END;
