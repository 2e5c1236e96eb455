-- Stores which examples were drawn to compare two sets of answers (an Arrow table registered as drawn), and what is
-- shown of each (an Arrow table registered as shown), unless it is stored.
-- Remembers the draw.
INSERT INTO side_by_side BY NAME FROM drawn;
-- Keeps what annotators are shown.
INSERT INTO answer_pairs BY NAME FROM shown WHERE content_hash NOT IN (SELECT content_hash FROM answer_pairs);
