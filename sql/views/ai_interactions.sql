-- Everybody's first query: the text, the answer and the human rating of each interaction.
CREATE OR REPLACE VIEW ai_interactions AS
SELECT i.interaction_id, i.query, i.response, r.human_rating, i.created_at, i.label, i.source,
       i.source_id, i.session_id, i.model
FROM interactions i
LEFT JOIN ratings r USING (interaction_id);
COMMENT ON VIEW ai_interactions IS 'Everybody''s first query: query, response, human_rating, created_at.';
