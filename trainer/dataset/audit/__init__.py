"""A dataset looked over as a whole: what was seen, what is made of it, and what a person decided."""
