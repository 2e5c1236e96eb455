-- Notes texts that were UTF-8 and were read as cp1252, such as `Ã¤` and `â€™`.
-- does: note
-- judges: input
SELECT example_id, 'mojibake' AS reason, NULL AS score
FROM (SELECT example_id, concat_ws(E'\n', query, response) AS text FROM candidates)
/* A tilde stands for a byte of a character that goes on. Quotation marks, dashes and ellipses follow
   capitals of other languages, so that one such pair proves nothing. */
WHERE regexp_matches(text, replace(concat(
    'Ã[\x{80}-\x{AA}\x{AC}-\x{BA}\x{BC}-\x{BF}€‚ƒ„†‡ˆ‰Š‹ŒŽ˜™šœžŸ]|Â[\x{A0}-\x{BA}\x{BC}-\x{BF}]|â€|â‚¬|â„¢|ï»¿|ðŸ~~|',
    '(?:[\x{C2}-\x{DF}]~|[\x{E0}-\x{EF}]~~|[\x{F0}-\x{F4}]~~~){2}'), '~', '[\x{80}-\x{BF}€‚ƒ„…†‡ˆ‰Š‹ŒŽ‘’“”•–—˜™š›œžŸ]'))
