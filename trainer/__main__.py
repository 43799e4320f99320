"""`python -m trainer`."""

import sys

from .cli.main import main

sys.exit(main())
