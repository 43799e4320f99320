"""FLUX.1: dev and what was made of it (Krea, Kontext as a plain base, finetunes), and schnell."""
