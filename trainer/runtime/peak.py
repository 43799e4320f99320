"""How much memory this process has needed."""

import sys


def peak_mb() -> int | None:
    """Most memory this process ever held, MiB; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1024 * 1024 if sys.platform == "darwin" else 1024))
