"""The tests; imported before any of them, and so before torch."""

import os

# The models are so small that a second thread costs more than it brings, and those of two workers spin on each other's
# cores. What the tests start inherits it.
os.environ.setdefault("OMP_NUM_THREADS", "1")
