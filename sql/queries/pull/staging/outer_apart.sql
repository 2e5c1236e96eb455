-- How many spans that hold the calls of their trace come apart from these, in another pull; one row.
SELECT (SELECT count(*) FROM outer_spans WHERE place IS NULL)
     + (SELECT count(*) FROM interactions i
        WHERE i.source = $source AND (i.metadata ->> 'is_root') = 'true'
          AND i.trace_id IN (SELECT trace_id FROM staging_interactions
                             WHERE NOT coalesce((metadata ->> 'is_root') = 'true', false))
          AND i.trace_id NOT IN (SELECT trace_id FROM outer_spans))
