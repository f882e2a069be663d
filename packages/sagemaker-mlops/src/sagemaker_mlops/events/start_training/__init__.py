"""The one entry for every training, whatever caused it: single flight, cooldown, nothing lost, nothing twice."""
