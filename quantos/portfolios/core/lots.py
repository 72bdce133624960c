"""Which names a capital is too small for. Amounts in mills.

cost[i] = lot[i] price[i] (1 + slippage)      what one lot costs, before fees
too dear: cost[i] > weight capital            then settlement refuses the buy (below_one_lot) or orders none
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from quantos.kit.money import RATE_UNIT

Ints = NDArray[np.int64]


def lot_costs(lot: Ints, price: Ints, slippage_e8: int) -> Ints:
    """[i]; the lot in shares, the price in mills a share. Slippage is rounded down."""
    notional = lot * price
    found: Ints = notional + notional * slippage_e8 // RATE_UNIT
    return found


def too_dear(cost: Ints, price: Ints, target: int) -> NDArray[np.bool_]:
    """[i]: a lot costs more than the target; a name without a price is not judged."""
    return (price > 0) & (cost > target)
