"""Panels, and the returns that factors are measured by.

t = trading day (rows), i = instrument (columns, ascending by symbol); float64, NaN = not known or not covered.

P[t,i]   close adjusted for corporate actions; a suspended instrument keeps its last one
ret[t]   = P[t] / P[t-1] - 1
r_k[t]   = P[t+k+1] / P[t+k] - 1 = ret[t+k+1]: known at t's close, traded at t+1's for k = 1
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Panel = NDArray[np.float64]
Series = NDArray[np.float64]
Members = NDArray[np.bool_]
Dates = NDArray[np.datetime64]
