-- The annotations of a server as they are stored; one row per annotation.
SELECT annotation_id, digest, withdrawn FROM annotations WHERE server = $server
