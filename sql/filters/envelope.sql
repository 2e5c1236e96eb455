-- Drops examples whose query or answer is the text of an API's message, body or stream: the log
-- was read wrong. Answers that are JSON on purpose stay, told apart by the keys of envelopes.
-- judges: input
WITH texts AS (
    SELECT example_id, side, text
    FROM (SELECT example_id, unnest([
              {'side': 'query', 'text': query},
              {'side': 'answer', 'text': CASE WHEN task <> 'classification' THEN response END}], recursive := true)
          FROM candidates)
    WHERE regexp_matches(text, '^(\s|[{\["'':(]|(event|id|retry|data):|content=|(\w+\.)*\w+\()')
),
/* JSON text may hold a string that is JSON text again. */
once AS (
    SELECT example_id, CASE WHEN json_valid(text) AND json_type(text) = 'VARCHAR' THEN text->>'$' ELSE text END AS text
    FROM texts
),
twice AS (
    SELECT example_id, CASE WHEN json_valid(text) AND json_type(text) = 'VARCHAR' THEN text->>'$' ELSE text END AS text
    FROM once
),
/* Beside JSON there are mappings as Python writes them, and lines of JSON, of which the first counts. */
forms AS (
    SELECT example_id, text, split_part(trim(text, E' \t\r\n'), E'\n', 1) AS line,
           CASE WHEN regexp_matches(text, '^\s*[\[{][\s\[{(]*''\w+''\s*:')
                THEN regexp_replace(regexp_replace(regexp_replace(replace(text, '''', '"'),
                     '\bNone\b', 'null', 'g'), '\bTrue\b', 'true', 'g'), '\bFalse\b', 'false', 'g') END AS python
    FROM twice
),
opened AS (
    SELECT example_id, text,
           CASE WHEN regexp_matches(text, '^\s*[{\[]') AND json_valid(text) THEN text
                WHEN json_valid(python) THEN python END AS whole,
           CASE WHEN line LIKE '{%' AND json_valid(line) THEN line END AS line
    FROM forms
),
/* An envelope may stand inside another one, under these keys and among the first of a list. */
objects AS (
    SELECT o.example_id, n.value AS v, json_keys(n.value) AS keys, n.value->>'$.type' AS kind, n.fullkey AS place
    FROM (SELECT example_id, coalesce(whole, line) AS json FROM opened WHERE json IS NOT NULL) o, json_tree(o.json) n
    WHERE n.type = 'OBJECT'
      AND regexp_matches(n.fullkey, concat('^\$(\[[0-2]\]|\.(messages?|outputs?|response|result|body|delta|data|kwargs|',
                                           'generation|completion|inputs?|request|value|item)){0,5}$'))
),
spoken AS (
    SELECT *, list_filter(keys, lambda k: (contains(lower(k), 'role') OR k IN ('from', 'author'))
                  AND lower(json_extract_string(v, '/' || replace(replace(k, '~', '~0'), '/', '~1'))) IN (
                      'system', 'developer', 'user', 'assistant', 'tool', 'function', 'model', 'human', 'ai', 'gpt', 'bot',
                      'chatbot')) AS roles
    FROM objects
)
SELECT DISTINCT example_id, 'envelope' AS reason, NULL AS score
FROM (
    SELECT example_id FROM opened
    WHERE whole IS NULL AND line IS NULL
      AND (regexp_matches(text, '^\s*(:|event:|id:|retry:|data:)') AND regexp_matches(text, '(?m)^data:\s*([{\[]|$)')
           /* Objects that a program wrote with str(). */
           OR regexp_matches(text, concat('(?s)^\s*(content=(''.*''|".*"|\[.*\]) (additional_kwargs|response_metadata|id|name)=|\[?(\w+\.)*',
                  '(ChatCompletion\w*|Completion|ParsedChatCompletion|AIMessage\w*|HumanMessage|SystemMessage|ToolMessage|ChatMessage|Message|',
                  'Response|ModelResponse|ChatResult|LLMResult|GenerateContentResponse|Choices?|TextBlock|ThinkingBlock|ToolUseBlock)\((\w+=|[''"]))'))
           /* JSON that was cut: a key and a value that only messages have. */
           OR regexp_matches(text, concat('(?s)^\s*(\[\s*){0,2}\{.{0,200}?[''"](',
                  'role[''"]\s*:\s*[''"](assistant|user|system|developer|tool|model)[''"]',
                  '|object[''"]\s*:\s*[''"](chat\.completion|response|text_completion)|id[''"]\s*:\s*[''"](chatcmpl-|cmpl-|msg_|resp_)',
                  '|(choices|generations)[''"]\s*:\s*(\[\s*)+(\{|$)',
                  '|candidates[''"]\s*:\s*\[\s*(\{\s*)?([''"](content|finish_?[rR]eason|index|safety|avg)|[''"]?$)',
                  '|(messages|contents)[''"]\s*:\s*\[\s*(\{\s*)?([''"](role|content|parts|type|lc)|$)',
                  '|(content|output|parts)[''"]\s*:\s*\[\s*\{\s*[''"]((text|toolUse|thought)([''"]|$)',
                  '|type[''"]\s*:\s*[''"](\w+_)?(text|message|thinking|reasoning|tool_use|call|image)\b)',
                  '|output[''"]\s*:\s*\{\s*[''"]message[''"]|delta[''"]\s*:\s*\{|(outputText|stopReason|stop_reason|finish_reason',
                  '|system_fingerprint|candidatesTokenCount|prompt_tokens|completion_tokens)[''"]\s*:)')))
    UNION ALL
    SELECT example_id FROM spoken
    /* A message has a role and a content, however they are spelt. */
    WHERE roles <> [] AND len(list_filter(keys, lambda k: NOT list_contains(roles, k) AND (
              contains(lower(k), 'content') OR lower(k) = 'value' OR levenshtein(lower(k), 'content') <= 2
              OR levenshtein(lower(k), 'tool_calls') <= 2 OR levenshtein(lower(k), 'parts') <= 1
              OR k IN ('toolCalls', 'function_call', 'refusal', 'tool_call_id', 'toolInvocations', 'text', 'message')))) > 0
       OR json_type(v, '$.role') IN ('ARRAY', 'OBJECT') AND list_has_any(keys, ['content', 'parts', 'tool_calls'])
       /* An error, as every API tells it. */
       OR list_contains(json_keys(v, '$.error'), 'message')
          AND len(list_filter(keys, lambda k: k NOT IN ('error', 'type', 'request_id', 'id', 'status'))) = 0
       /* Broken ones: among keys of envelopes only, what should be a list of objects is none. */
       OR list_has_all(['messages', 'choices', 'candidates', 'contents', 'generations', 'id', 'object', 'model', 'created', 'usage',
                        'tools', 'stream', 'temperature', 'max_tokens', 'system', 'metadata', 'user', 'delta', 'index',
                        'finish_reason', 'llm_output', 'usageMetadata', 'modelVersion', 'responseId', 'generationConfig',
                        'systemInstruction'], keys)
          AND ('VARCHAR' IN (json_type(v, '$.delta'), json_type(v, '$.messages'), json_type(v, '$.generations'))
               OR 'OBJECT' IN (json_type(v, '$.messages'), json_type(v, '$.choices'), json_type(v, '$.candidates'),
                               json_type(v, '$.contents'), json_type(v, '$.generations')))
       /* OpenAI: chat, streams, responses and batches. */
       OR regexp_matches(v->>'$.object', '^(chat\.completion|text_completion|thread\.|embedding|response$|conversation\.item$)')
       OR regexp_matches(v->>'$.id', '^(chatcmpl-|cmpl-|resp_)')
       OR list_has_any(keys, ['system_fingerprint', 'previous_response_id'])
       OR list_has_any(json_keys(v, '$.usage'), ['prompt_tokens', 'completion_tokens'])
       OR json_type(v, '$.choices') = 'ARRAY'
          AND (json_array_length(v, '$.choices') = 0 OR list_has_all(keys, ['model', 'created'])
               OR list_has_any(flatten(list_transform(json_extract(v, '$.choices[*]'), lambda c: json_keys(c))),
                               ['message', 'delta', 'finish_reason', 'logprobs']))
       OR list_has_any(json_keys(v, '$.delta'),
                       ['role', 'tool_calls', 'function_call', 'reasoning_details', 'annotations', 'audio', 'name', 'images',
                        'provider_specific_fields', 'thinking_blocks', 'content', 'reasoning_content', 'reasoning', 'refusal',
                        'thinking'])
       OR starts_with(kind, 'response.') OR kind = 'error' AND list_contains(keys, 'sequence_number')
       OR kind IN ('function_call', 'function_call_output') AND list_has_any(keys, ['call_id', 'arguments'])
       OR kind IN ('output_text', 'input_text', 'summary_text') AND list_contains(keys, 'text')
       OR list_contains(keys, 'custom_id') AND list_has_any(keys, ['response', 'body', 'result', 'params'])
       OR list_has_all(keys, ['status_code', 'body'])
       /* Anthropic and its events. */
       OR kind = 'message' AND list_has_any(keys, ['content', 'role'])
       OR list_contains(keys, 'stop_reason') AND list_has_any(keys, ['content', 'usage', 'completion'])
       OR kind = 'error' AND json_type(v, '$.error') = 'OBJECT'
       OR kind = 'tool_use' AND list_contains(keys, 'input')
       OR kind IN ('tool_result', 'thinking', 'message_start', 'content_block_start', 'content_block_delta',
                   'content_block_stop', 'message_delta', 'message_stop') AND len(keys) > 1
       /* Bedrock. */
       OR list_has_any(keys, ['stopReason', 'inputBodyJson', 'outputBodyJson', 'toolUse', 'toolResult', 'reasoningContent'])
       OR list_contains(keys, 'generation') AND list_has_any(keys, ['stop_reason', 'prompt_token_count'])
       OR list_contains(json_extract(v, '$.results[*].outputText').list_transform(lambda t: json_type(t)), 'VARCHAR')
       OR json_extract(v, '$.outputs[*].stop_reason') <> []
       OR list_has_any(keys, ['contentBlockDelta', 'contentBlockStop', 'messageStop', 'amazon-bedrock-invocationMetrics'])
       OR list_has_all(keys, ['outputText', 'completionReason'])
       /* Gemini. */
       OR list_has_any(keys, ['usageMetadata', 'usage_metadata', 'modelVersion', 'promptFeedback', 'functionCall',
                              'function_call', 'functionResponse', 'function_response'])
       OR list_has_any(flatten(list_transform(json_extract(v, '$.candidates[*]'), lambda c: json_keys(c))),
                       ['finishReason', 'finish_reason', 'safetyRatings', 'safety_ratings', 'content'])
       OR json_extract(v, '$.contents[*].parts') <> []
       /* LangChain. */
       OR list_contains(keys, 'lc') AND list_has_any(keys, ['kwargs', 'id'])
       OR regexp_matches(kind, '^(human|ai|system|(Human|AI|System|Tool|Function|Chat)Message(Chunk)?)$')
          AND (list_contains(keys, 'content') OR json_type(v, '$.data') = 'OBJECT')
       OR list_has_any(keys, ['additional_kwargs', 'response_metadata', 'llm_output'])
       OR list_has_any(flatten(list_transform(list_concat(json_extract(v, '$.generations[*]'),
                                                          json_extract(v, '$.generations[*][*]')), lambda g: json_keys(g))),
                       ['text', 'message'])
       /* Ollama, OpenTelemetry, Vercel. */
       OR list_contains(keys, 'done') AND list_has_any(keys, ['done_reason', 'message', 'eval_count'])
       OR kind = 'tool_call' AND list_contains(keys, 'arguments')
       OR kind = 'text' AND (list_contains(keys, 'content') OR list_contains(keys, 'text') AND place LIKE '%]')
       OR list_has_any(keys, ['toolCallId', 'toolInvocations'])
       OR list_contains(keys, 'finishReason') AND list_has_any(keys, ['text', 'usage', 'toolCalls'])
       /* What servers put around an answer, which nobody asks for as JSON. */
       OR json_type(v, '$.outputText') = 'VARCHAR' OR json_type(v, '$.generated_text') IN ('VARCHAR', 'ARRAY')
       OR list_has_any(json_keys(v, '$.usage'),
                       ['prompt_tokens', 'completion_tokens', 'total_tokens', 'input_tokens', 'output_tokens', 'promptTokens',
                        'completionTokens', 'totalTokens', 'inputTokens', 'outputTokens'])
       OR list_has_all(['output', 'response', 'result', 'requestId', 'request_id', 'outputs', 'completion', 'answer', 'text',
                        'output_text', 'usage', 'model', 'status', 'code', 'id', 'created', 'choices'], keys)
          AND json_type(v, '$.choices') = 'ARRAY' AND json_array_length(v, '$.choices') = 1
          AND json_type(v, '$.choices[0].text') = 'VARCHAR'
          AND list_has_all(['text', 'index', 'finish_reason', 'logprobs'], json_keys(v, '$.choices[0]'))
       OR list_has_all(['output', 'response', 'result', 'requestId', 'request_id', 'outputs', 'completion', 'answer', 'text',
                        'output_text', 'usage', 'model', 'status', 'code', 'id', 'created'], keys)
          AND (list_has_any(keys, ['requestId', 'request_id'])
               AND list_has_any(keys, ['output', 'response', 'result', 'outputs', 'completion'])
               OR json_type(v, '$.output.text') = 'VARCHAR'
                  AND list_has_all(['text', 'finish_reason'], json_keys(v, '$.output'))
               OR json_type(v, '$.response.text') = 'VARCHAR'
                  AND list_has_all(['text', 'finish_reason'], json_keys(v, '$.response'))
               OR json_type(v, '$.result.text') = 'VARCHAR'
                  AND list_has_all(['text', 'finish_reason'], json_keys(v, '$.result')))
)
