-- Makes the temporary view of what items say (view kept_texts), those of a table registered as wanted; one
-- row per place and example.
CREATE OR REPLACE TEMPORARY VIEW texts AS
SELECT w.place, t.* FROM kept_texts t JOIN wanted w USING (item_id)
