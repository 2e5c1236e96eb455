-- Whether the example is in a preference pair; one row.
SELECT EXISTS (FROM pairs WHERE $id IN (chosen_id, rejected_id))
