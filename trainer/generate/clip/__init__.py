"""Clips of frames: motion modules in our own UNets, so that one picture's shot becomes a few seconds."""
