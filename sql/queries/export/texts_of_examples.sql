-- Makes the temporary view of what items (view kept_items) say that are an example each; one row per example.
CREATE OR REPLACE TEMPORARY VIEW kept_texts AS
SELECT item_id, messages, output, tools, query, response, label, spans, task FROM kept_items
