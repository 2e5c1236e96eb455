-- Leaves out documents whose id a later file, not read this time because it is unchanged, also has.
DELETE FROM incoming n
USING interactions i, pull_files f
WHERE i.interaction_id = n.interaction_id
  AND f.location = i.location AND NOT f.was_read AND f.file_number > n.file_number
