"""Stock in buckets: reserve, claim, release, restock."""
