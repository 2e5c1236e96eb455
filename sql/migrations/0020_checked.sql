-- Which revisions were judged is a plain table: an index of its examples cost more than the judging.

CREATE TABLE checked_before AS SELECT * FROM filter_checked;
COMMENT ON TABLE checked_before IS 'What was judged before.';
DROP TABLE filter_checked;
CREATE TABLE filter_checked (example_id VARCHAR NOT NULL, revision VARCHAR NOT NULL);
COMMENT ON TABLE filter_checked IS 'Which revision of each example the rules on content have judged.';
INSERT INTO filter_checked SELECT example_id, revision FROM checked_before ORDER BY example_id;
DROP TABLE checked_before;
