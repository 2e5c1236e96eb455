-- What items (view kept_texts) have in common: their labels, and whether any has tools or calls one; one row.
-- The store keeps messages as canonical JSON: keys are written in one way.
SELECT coalesce(list(DISTINCT label) FILTER (label IS NOT NULL), []),
       coalesce(bool_or(tools IS NOT NULL OR contains(messages, '"tool_calls":')
                        OR contains(coalesce(output, ''), '"tool_calls":')), false)
FROM kept_texts
