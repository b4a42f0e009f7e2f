-- Sharing labels through the output.

-- What each writer id of this file has put into its log: revisions up to `seq`, in objects below `next`. More than one
-- row only where the file was copied or restored and took another id.
CREATE TABLE share (
    writer BLOB PRIMARY KEY,
    next   INTEGER NOT NULL,
    seq    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The next log object, its bytes fixed before it is first sent: sent twice, it is the same.
CREATE TABLE batch (
    writer    BLOB NOT NULL,
    sequence  INTEGER NOT NULL,
    seq       INTEGER NOT NULL,             -- the last revision in it
    revisions INTEGER NOT NULL,
    body      BLOB NOT NULL,
    PRIMARY KEY (writer, sequence)
) STRICT;

-- Where files went from a key.
CREATE INDEX revision_moved ON revision (moved_from) WHERE moved_from IS NOT NULL;
