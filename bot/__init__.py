"""Take requests in from Telegram, the console and the command line; answer and render them."""

import gc
from typing import Final

#: Python looks for unreachable cycles each time so many objects were made, and now and then among
#: all there are. A start makes hundreds of thousands that stay: with Python's own 700 that is a
#: tenth of its time.
_OBJECTS_BETWEEN: Final = (20_000, 20, 50)

gc.set_threshold(*_OBJECTS_BETWEEN)
