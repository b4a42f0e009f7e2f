-- The first shape of a workspace.
--
-- Times are nanoseconds since 1970 UTC, lengths microseconds, ids the 16 bytes of a UUID.
-- `revision` is the truth and only ever grows. What `sample` says about labels, flags and states is derived from it by
-- the merge rule, so that lists, counts and searches need not fold histories. `revision.seq` grows in commit order: what
-- is still to be shared is what lies behind the last one that was, `pulled` ones left out.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sample (
    id          INTEGER PRIMARY KEY,
    key         BLOB NOT NULL UNIQUE,
    part        INTEGER NOT NULL,           -- hash of the key, the same everywhere: 0 to 2^32-1
    -- as last listed
    size        INTEGER NOT NULL,
    etag        TEXT NOT NULL,
    modified    INTEGER,
    present     INTEGER NOT NULL DEFAULT 1, -- it is in the source
    fresh       INTEGER NOT NULL DEFAULT 0, -- not yet compared with the missing ones: 1 new, 2 back after it had moved
    missed_at   INTEGER,                    -- the sync that found it missing
    moved_to    INTEGER REFERENCES sample (id),
    -- as last probed
    probed      INTEGER NOT NULL DEFAULT 0,
    micros      INTEGER,
    info        TEXT,
    sha256      BLOB,
    audio_error TEXT,
    -- derived
    state       INTEGER NOT NULL DEFAULT 0, -- 0 unlabeled, 1 labeled, 2 missing, 3 deleted, 4 moved away
    confirm     INTEGER NOT NULL DEFAULT 0, -- 1 suggestion, 2 conflict, 4 audio changed; 0 when missing or deleted
    content     TEXT,
    labeled_by  TEXT,
    labeled_at  INTEGER,
    flags       INTEGER NOT NULL DEFAULT 0, -- bits of the known flags; 2^30 stands for any other
    pace        INTEGER                     -- characters of the label in 1000 seconds of audio
) STRICT;

-- Lists: one index for each order within a state, and the same for what wants confirming.
CREATE INDEX sample_name     ON sample (state, key);
CREATE INDEX sample_modified ON sample (state, modified, key);
CREATE INDEX sample_micros   ON sample (state, micros, key);
CREATE INDEX sample_labeled  ON sample (state, labeled_at, key) WHERE labeled_at IS NOT NULL;
CREATE INDEX sample_pace     ON sample (state, pace, key) WHERE pace IS NOT NULL;
CREATE INDEX confirm_name     ON sample (key) WHERE confirm > 0;
CREATE INDEX confirm_modified ON sample (modified, key) WHERE confirm > 0;
CREATE INDEX confirm_micros   ON sample (micros, key) WHERE confirm > 0;
CREATE INDEX confirm_labeled  ON sample (labeled_at, key) WHERE confirm > 0;
CREATE INDEX confirm_pace     ON sample (pace, key) WHERE confirm > 0;
CREATE INDEX conflict_name    ON sample (key) WHERE confirm IN (2, 3, 6, 7);
-- Work queues.
CREATE INDEX sample_unprobed ON sample (probed) WHERE probed = 0 AND present = 1;
CREATE INDEX sample_fresh    ON sample (size) WHERE fresh > 0;
CREATE INDEX sample_lost     ON sample (size) WHERE state = 2;
CREATE INDEX sample_moved    ON sample (moved_to) WHERE moved_to IS NOT NULL;

-- Stamps under which the audio that a sample has now was listed before (touched, not changed).
CREATE TABLE same_audio (
    sample INTEGER NOT NULL REFERENCES sample (id),
    size   INTEGER NOT NULL,
    etag   TEXT NOT NULL,
    PRIMARY KEY (sample, size, etag)
) STRICT, WITHOUT ROWID;

CREATE TABLE revision (
    seq           INTEGER PRIMARY KEY,
    id            BLOB NOT NULL UNIQUE,
    sample        INTEGER NOT NULL REFERENCES sample (id),
    action        BLOB NOT NULL,
    parents       BLOB NOT NULL,            -- 16 bytes each, ordered
    author        TEXT NOT NULL,
    at            INTEGER NOT NULL,
    how           TEXT NOT NULL,
    heard_size    INTEGER,
    heard_etag    TEXT,
    content       TEXT,
    removed       INTEGER NOT NULL DEFAULT 0,
    flags_added   TEXT,                     -- names, as a JSON list
    flags_removed TEXT,
    deleted       INTEGER,
    moved_from    BLOB,
    extra         TEXT,
    pulled        INTEGER NOT NULL DEFAULT 0  -- read from the shared logs, so not to be shared again
) STRICT;
CREATE INDEX revision_sample ON revision (sample);
CREATE INDEX revision_action ON revision (action);

-- What was done in this workspace, for undo. `line`: what can be done with it now.
CREATE TABLE action (
    seq    INTEGER PRIMARY KEY AUTOINCREMENT,
    id     BLOB NOT NULL UNIQUE,
    author TEXT NOT NULL,
    what   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    line   TEXT NOT NULL CHECK (line IN ('undo', 'redo', 'none')),
    tip    BLOB NOT NULL                    -- the action to invert next: itself, its undo, its redo, …
) STRICT;
CREATE INDEX action_line ON action (author, line, seq) WHERE line <> 'none';

-- How far each writer's shared log was read.
CREATE TABLE writer_log (
    writer   BLOB PRIMARY KEY,
    sequence INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE suggestion (
    sample     INTEGER PRIMARY KEY REFERENCES sample (id),
    content    TEXT NOT NULL,
    model      TEXT NOT NULL,
    confidence REAL
) STRICT;

CREATE TABLE peaks (
    sample INTEGER PRIMARY KEY REFERENCES sample (id),
    size   INTEGER NOT NULL,
    etag   TEXT NOT NULL,
    head   TEXT NOT NULL,                   -- everything but the bins, as JSON
    bins   BLOB NOT NULL                    -- low, high, low, high, …
) STRICT;

CREATE TABLE lease (
    sample   INTEGER PRIMARY KEY REFERENCES sample (id),
    author   TEXT NOT NULL,
    instance BLOB NOT NULL,
    until    INTEGER NOT NULL
) STRICT;

-- Who synchronizes this workspace: at most one row.
CREATE TABLE sync_lease (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    author   TEXT NOT NULL,
    instance BLOB NOT NULL,
    until    INTEGER NOT NULL
) STRICT;

-- Each person's place: what the screen wants to find again.
CREATE TABLE place (
    author TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  TEXT NOT NULL,
    PRIMARY KEY (author, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    author TEXT NOT NULL,
    kind   TEXT NOT NULL,
    sample INTEGER REFERENCES sample (id),
    millis INTEGER NOT NULL,
    detail TEXT NOT NULL
) STRICT;

-- Search: which samples hold a run of three characters. A hit is only a candidate; the text itself is looked at.
CREATE VIRTUAL TABLE search USING fts5 (
    key, content,
    content = '', contentless_delete = 1, detail = 'column', tokenize = 'trigram'
);
-- Samples whose entry in it is out of date or lacking.
CREATE TABLE unindexed (
    sample INTEGER PRIMARY KEY
) STRICT;
CREATE TRIGGER search_insert AFTER INSERT ON sample BEGIN
    INSERT INTO unindexed VALUES (new.id) ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER search_update AFTER UPDATE OF content ON sample WHEN old.content IS NOT new.content BEGIN
    INSERT INTO unindexed VALUES (new.id) ON CONFLICT DO NOTHING;
END;

-- Counts, kept up whatever changes a sample. Rows 0 to 4 are states, 5 to confirm, 6 conflicts.
CREATE TABLE tally (
    what    INTEGER PRIMARY KEY,
    samples INTEGER NOT NULL DEFAULT 0,
    known   INTEGER NOT NULL DEFAULT 0,     -- how many have a length
    micros  INTEGER NOT NULL DEFAULT 0      -- their length
) STRICT;
INSERT INTO tally (what) VALUES (0), (1), (2), (3), (4), (5), (6);
CREATE TRIGGER tally_insert AFTER INSERT ON sample BEGIN
    UPDATE tally
    SET samples = samples + 1, known = known + (new.micros IS NOT NULL), micros = micros + ifnull(new.micros, 0)
    WHERE what = new.state;
END;
CREATE TRIGGER tally_state AFTER UPDATE OF state, micros ON sample
WHEN old.state <> new.state OR old.micros IS NOT new.micros BEGIN
    UPDATE tally
    SET samples = samples - 1, known = known - (old.micros IS NOT NULL), micros = micros - ifnull(old.micros, 0)
    WHERE what = old.state;
    UPDATE tally
    SET samples = samples + 1, known = known + (new.micros IS NOT NULL), micros = micros + ifnull(new.micros, 0)
    WHERE what = new.state;
END;
CREATE TRIGGER tally_confirm AFTER UPDATE OF confirm ON sample WHEN old.confirm <> new.confirm BEGIN
    UPDATE tally SET samples = samples + (new.confirm > 0) - (old.confirm > 0) WHERE what = 5;
    UPDATE tally SET samples = samples + (new.confirm & 2 > 0) - (old.confirm & 2 > 0) WHERE what = 6;
END;
