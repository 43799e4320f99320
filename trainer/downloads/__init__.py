"""Models that are used and never fetched: where each is published, under which terms, and whether it is here."""
