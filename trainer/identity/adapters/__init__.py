"""A file a kind of adapter: how it is recognised, what it makes of references, and what it adds to attention."""
