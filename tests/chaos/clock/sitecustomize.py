"""For servers whose clock is stepped by libfaketime.

Python sleeps until a moment of the monotonic clock, which libfaketime moves by as much as the other clock was stepped:
after a step backwards that is a moment before the beginning of time (EINVAL).
"""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], max(0.0, seconds)) and None
