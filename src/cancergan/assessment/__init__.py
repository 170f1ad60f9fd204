"""How far a synthetic cohort can be trusted: protocols, report, policy and gate."""
