-- Orders other than by name: what is equal stands in the order of arrival. Without the names these indexes are a third
-- as large, and moving a sample to another tab, which touches all of them, costs accordingly less.

DROP INDEX sample_modified;
DROP INDEX sample_micros;
DROP INDEX sample_labeled;
DROP INDEX sample_pace;
DROP INDEX confirm_modified;
DROP INDEX confirm_micros;
DROP INDEX confirm_labeled;
DROP INDEX confirm_pace;

CREATE INDEX sample_modified ON sample (state, modified);
CREATE INDEX sample_micros   ON sample (state, micros);
CREATE INDEX sample_labeled  ON sample (state, labeled_at) WHERE labeled_at IS NOT NULL;
CREATE INDEX sample_pace     ON sample (state, pace) WHERE pace IS NOT NULL;
CREATE INDEX confirm_modified ON sample (modified) WHERE confirm > 0;
CREATE INDEX confirm_micros   ON sample (micros) WHERE confirm > 0;
CREATE INDEX confirm_labeled  ON sample (labeled_at) WHERE confirm > 0;
CREATE INDEX confirm_pace     ON sample (pace) WHERE confirm > 0;
