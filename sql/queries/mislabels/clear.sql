-- Removes all suspicions before they are found anew.
DELETE FROM mislabels
