-- Notes how far a stream of a platform has been read.
INSERT OR REPLACE INTO pulled_platforms
VALUES ($source, $kind, $location, $reading, $since, $high, $low, $upto, $cursor)
