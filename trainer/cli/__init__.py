"""The command line: everything that the nodes do, headless. One file a command; torch is loaded by what needs it."""
