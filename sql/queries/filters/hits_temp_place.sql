-- Gives the hits of one rule its place in the order of reasons, and what it judges.
UPDATE hits SET place = $place, judges = $judges WHERE rule = $rule
