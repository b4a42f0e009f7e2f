-- The search index keeps what it is told in segments, and merges them where it happens to stand: seconds of work within
-- some step that was to be short. From here on it merges nothing by itself; who brings it up to date merges in portions.

INSERT INTO search (search, rank) VALUES ('automerge', 0);
INSERT INTO search (search, rank) VALUES ('usermerge', 16);
INSERT INTO search (search, rank) VALUES ('deletemerge', 10);
-- Should nobody merge for long: well below the number that it can hold, 2,000.
INSERT INTO search (search, rank) VALUES ('crisismerge', 1000);
