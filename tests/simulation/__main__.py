"""python -m tests.simulation [--seeds A-B] [--seed N --trace] [--jobs N]"""

import sys

from tests.simulation.campaign import main

sys.exit(main())
