-- Removes annotations that come anew (table fresh); what they said is in the history.
DELETE FROM annotations WHERE server = $server AND annotation_id IN (SELECT annotation_id FROM fresh)
