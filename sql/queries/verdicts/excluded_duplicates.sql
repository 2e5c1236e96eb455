-- Adds the duplicates to the reasons; one row per example.
INSERT INTO excluded
SELECT example_id,
       CASE method WHEN 'exact' THEN 'duplicate' ELSE method || '_duplicate' END,
       'dedupe',
       CASE method WHEN 'exact' THEN 2000 WHEN 'near' THEN 2001 ELSE 2002 END,
       'input',
       CASE WHEN method = 'exact' THEN 'exact duplicate of ' || survivor
            WHEN similarity = 1 THEN 'same input as ' || survivor
            ELSE format('{} duplicate ({:.3f}) of {}', method, similarity, survivor) END
FROM duplicates
