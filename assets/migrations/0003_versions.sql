-- Published versions that this workspace knows, its own and others', and which samples each lists: so that deleting
-- can name them while the output is out of reach. What they say stands in the output.

CREATE TABLE version (
    id       INTEGER PRIMARY KEY,
    name     TEXT NOT NULL UNIQUE,
    at       INTEGER NOT NULL,
    author   TEXT NOT NULL,
    parent   TEXT,
    manifest TEXT NOT NULL,                 -- relative to the output
    total    INTEGER NOT NULL,
    labeled  INTEGER NOT NULL,
    added    INTEGER NOT NULL,              -- against the parent
    modified INTEGER NOT NULL,
    deleted  INTEGER NOT NULL
) STRICT;

CREATE TABLE version_sample (
    sample  INTEGER NOT NULL REFERENCES sample (id),
    version INTEGER NOT NULL REFERENCES version (id),
    PRIMARY KEY (sample, version)
) STRICT, WITHOUT ROWID;

-- Exports look for what imports said besides the label.
CREATE INDEX revision_extra ON revision (sample) WHERE extra IS NOT NULL;
