"""Ranks of a day, compiled: every rank here follows from codes, by counting, without sorting.

A code is twice an average rank, so half of it is a number of its own for each value of the day, from 1 on: a
place in a table. What a mask leaves over of a day is ranked again in three passes: count the names at each place,
sum the counts up, look up.

For doubled ranks x of n names without ties sum((x - mean)**2) = (n**3 - n) / 3; a tie of m names takes
(m**3 - m) / 3 off. All of it is whole numbers below 2**63; the one division comes last.

Compiled functions call no function of another file: Numba's cache looks at one file only.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

FIFTHS = 5
LAGS = 5


@njit(cache=True, nogil=True, error_model="numpy")
def names_of(code: Any) -> tuple[int, Any]:
    """How many names have a code, and the sum of the squares of the codes."""
    names, square = 0, np.uint64(0)
    for i in range(len(code)):
        names += code[i] != 0
        square += np.uint64(code[i]) * np.uint64(code[i])
    return names, square


@njit(cache=True, nogil=True, error_model="numpy")
def squares_untied(names: int) -> Any:
    """The sum of the squares of 2, 4 .. 2 x names: of the codes of a day without ties."""
    return np.uint64(2 * names * (names + 1) * (2 * names + 1) // 3)


@njit(cache=True, nogil=True, error_model="numpy")
def sorted_names(code: Any, chosen: Any, every: bool, table: Any, order: Any) -> tuple[int, bool]:
    """Columns with a code, in `chosen` unless `every`, by (code, column) into `order`; if `every`, then the others.

    Answers how many have one, and whether two of them may be tied. `table`: scratch, int32, two longer than a day.
    """
    names, square = names_of(code)
    if square != squares_untied(names):
        if every:
            _others_behind(code, names, order)
        return _sorted_tied(code, chosen, every, table, order), True
    # Without ties half a code is a position.
    if every:
        for i in range(len(code)):
            table[code[i] >> 1] = i
        for k in range(names):
            order[k] = table[k + 1]
        _others_behind(code, names, order)
        return names, False
    for i in range(len(code)):
        table[code[i] >> 1] = i if chosen[i] else -1
    count = 0
    for place in range(1, names + 1):
        if table[place] >= 0:
            order[count] = table[place]
            count += 1
    return count, False


@njit(cache=True, nogil=True, error_model="numpy")
def _others_behind(code: Any, names: int, order: Any) -> None:
    """The columns without a code, into order[names:]."""
    for i in range(len(code)):
        if code[i] == 0:
            order[names] = i
            names += 1


@njit(cache=True, nogil=True, error_model="numpy")
def _sorted_tied(code: Any, chosen: Any, every: bool, table: Any, order: Any) -> int:
    """`sorted_names` of a day with ties: sorted by counting."""
    names = len(code)
    table[:] = 0
    for i in range(names):
        if every or chosen[i]:
            table[(code[i] >> 1) + 1] += 1
    table[1] = 0  # names without a value
    for place in range(2, names + 2):
        table[place] += table[place - 1]
    count = int(table[names + 1])
    for i in range(names):
        place = code[i] >> 1
        if place and (every or chosen[i]):
            order[table[place]] = i
            table[place] += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def _correlation(product: Any, x_square: Any, y_square: Any) -> Any:
    if x_square == 0 or y_square == 0:
        return np.nan
    if x_square == y_square:
        return product / x_square
    return product / (np.sqrt(float(x_square)) * np.sqrt(float(y_square)))


@njit(cache=True, nogil=True, error_model="numpy")
def spearman_same(x: Any, x_square: Any, y: Any, y_square: Any, names: int) -> Any:
    """Of two days that cover the same names: their codes are their ranks."""
    product = np.uint64(0)
    for i in range(len(x)):
        product += np.uint64(x[i]) * np.uint64(y[i])
    centre = names * (names + 1) * (names + 1)
    return _correlation(np.int64(product) - centre, np.int64(x_square) - centre, np.int64(y_square) - centre)


@njit(cache=True, nogil=True, error_model="numpy")
def spearman_whole(
    x: Any, order: Any, count: int, tied: bool, x_square: Any, y: Any, table: Any, names_min: int
) -> Any:
    """Of all names with a code on both sides; x as `sorted_names` gives every name of it."""
    names, y_square = names_of(y)
    missing = 0
    for k in range(count, len(y)):
        missing += y[order[k]] != 0
    common = names - missing
    if common < names_min:
        return np.nan
    if common == names and common == count:
        return spearman_same(x, x_square, y, y_square, names)
    if tied or y_square != squares_untied(names):
        return spearman(x, order, count, tied, y, len(y), table, names_min)
    # Every place of y is taken once; those of the names that x does not have are given free.
    table[: names + 1] = 1
    for k in range(count, len(y)):
        table[y[order[k]] >> 1] = 0
    table[0] = 0
    below = 0
    for place in range(1, names + 1):
        below += table[place]
        table[place] = below
    product, before = 0, 0
    for k in range(count):
        rank = int(table[y[order[k]] >> 1])
        before += rank != 0
        product += before * rank
    squares = (common * common * common - common) // 3
    return _correlation(4 * product - common * (common + 1) * (common + 1), squares, squares)


@njit(cache=True, nogil=True, error_model="numpy")
def spearman(
    x: Any, order: Any, count: int, tied: bool, y: Any, places: int, table: Any, names_min: int
) -> Any:
    """Of the names in order[:count] that also have a code in `y`; NaN for too few or a constant side.

    x: codes of the first side; `order`, `count`, `tied` as `sorted_names` gives them. `places`: the largest
    of y, or more. `table`: scratch.
    """
    table[: places + 1] = 0
    for k in range(count):
        table[y[order[k]] >> 1] += 1
    common = count - table[0]
    if common < names_min:
        return np.nan
    y_ties, below = 0, 0
    for place in range(1, places + 1):
        m = int(table[place])
        table[place] = 2 * below + m + 1
        below += m
        y_ties += m * (m * m - 1)
    # The rank of a place without names is never looked up but at 0: no value.
    table[0] = 0
    product, x_ties, before = 0, 0, 0
    if not tied:
        for k in range(count):
            rank = int(table[y[order[k]] >> 1])
            product += (2 * before + 2) * rank
            before += rank != 0
    k = 0 if tied else count
    while k < count:
        code, size, total = x[order[k]], 0, 0
        while k < count and x[order[k]] == code:
            rank = int(table[y[order[k]] >> 1])
            size += rank != 0
            total += rank
            k += 1
        product += (2 * before + size + 1) * total
        before += size
        x_ties += size * (size * size - 1)
    cube = common * common * common - common
    centre = common * (common + 1) * (common + 1)
    return _correlation(product - centre, (cube - x_ties) // 3, (cube - y_ties) // 3)


@njit(cache=True, nogil=True, error_model="numpy")
def sort_days(first: int, last: int, code: Any, order: Any, count: Any, tied: Any, square: Any) -> None:
    """`sorted_names` of whole days, into order[t], count[t], tied[t]; their sums of squares."""
    names = code.shape[1]
    table, chosen = np.empty(names + 2, np.int32), np.empty(0, np.bool_)
    for t in range(first, last):
        count[t], tied[t] = sorted_names(code[t], chosen, True, table, order[t])
        square[t] = names_of(code[t])[1]


@njit(cache=True, nogil=True, error_model="numpy")
def correlate_days(
    x: Any, order: Any, count: Any, tied: Any, square: Any, y: Any, names_min: int, found: Any
) -> None:
    """Each day's Spearman correlation of two panels of codes; the first one sorted by `sort_days`."""
    table = np.empty(x.shape[1] + 2, np.int32)
    for t in range(len(x)):
        found[t] = np.nan
        if count[t] < names_min:
            continue
        found[t] = spearman_whole(x[t], order[t], count[t], tied[t], square[t], y[t], table, names_min)


@njit(cache=True, nogil=True, error_model="numpy")
def _section(order: Any, count: int, y: Any, section: Any) -> int:
    """Those of order[:count] that have a code in y, in the same order; how many."""
    size = 0
    for k in range(count):
        i = order[k]
        section[size] = i
        size += y[i] != 0
    return size


@njit(cache=True, nogil=True, error_model="numpy")
def _fifth_edges(size: int, edges: Any) -> None:
    """Fifths of an ordered cross-section; the outer ones have size // 5 names, those between share the rest."""
    outer = size // FIFTHS
    inner, left = (size - 2 * outer) // (FIFTHS - 2), (size - 2 * outer) % (FIFTHS - 2)
    edges[0], edges[1] = 0, outer
    for part in range(1, FIFTHS - 1):
        edges[part + 1] = edges[part] + inner + (1 if part <= left else 0)
    edges[FIFTHS] = size


@njit(cache=True, nogil=True, error_model="numpy")
def _covered(code: Any, has_close: Any, members: Any, known: bool, names_min: int) -> tuple[float, bool]:
    """Coverage of a day, and whether it is a data day."""
    whole, valued, closed = 0, 0, 0
    if known:
        for i in range(len(code)):
            whole += members[i]
            valued += members[i] & (code[i] != 0)
            closed += members[i] & (code[i] != 0) & has_close[i]
    else:
        for i in range(len(code)):
            whole += has_close[i]
            closed += has_close[i] & (code[i] != 0)
        valued = closed
    return (valued / whole if whole else np.nan), closed >= names_min


@njit(cache=True, nogil=True, error_model="numpy")
def _stayed(section: Any, size: int, mark: Any, before: int, now: int) -> int:
    """Names of the outer fifths that were in the same one on the day `before`; marks them as of `now`."""
    stayed = 0
    for k in range(size // FIFTHS):
        low, high = section[k], section[size - 1 - k]
        stayed += (mark[0, low] == before) + (mark[1, high] == before)
        mark[0, low] = now
        mark[1, high] = now
    return stayed


@njit(cache=True, nogil=True, error_model="numpy")
def _fifth_means(section: Any, edges: Any, returns: Any, means: Any) -> None:
    for part in range(FIFTHS):
        total = 0.0
        for k in range(edges[part], edges[part + 1]):
            total += returns[section[k]]
        means[part] = total / (edges[part + 1] - edges[part])


@njit(cache=True, nogil=True, error_model="numpy")
def measure_days(  # noqa: C901, PLR0913, PLR0917 - one pass over the days
    first: int,
    last: int,
    code: Any,
    later: Any,
    returns: Any,
    has_close: Any,
    members: Any,
    known: Any,
    names_min: int,
    lagged: Any,
    ls: Any,
    turnover: Any,
    coverage: Any,
    names: Any,
    data_day: Any,
    fifth_returns: Any,
) -> None:
    """Measure days first..last-1; the last nine arrays are results. `later`: codes of the returns."""
    days, width = code.shape
    table, order = np.empty(width + 2, np.int32), np.empty(width, np.int32)
    section, edges = np.empty(width + 1, np.int32), np.empty(FIFTHS + 1, np.int64)
    mark = np.full((2, width), -1, np.int32)  # the day of which a name was last in the bottom, the top
    fifths_on, none = -1, np.empty(0, np.bool_)
    t = first
    # Where the days begin in the middle of the panel, the fifths of the day before are found first.
    while t > 0 and fifths_on < 0:
        t -= 1
        if t + 2 < days:
            member = members[t] if known[t] else none
            count, tied = sorted_names(code[t], member, not known[t], table, order)
            size = _section(order, count, later[t + 2], section)
            if size >= names_min:
                fifths_on = t
                _stayed(section, size, mark, t, t)
    for t in range(first, last):
        member = members[t] if known[t] else none
        count, tied = sorted_names(code[t], member, not known[t], table, order)
        if not count and not code[t].any():
            continue
        square = names_of(code[t])[1]
        coverage[t], data_day[t] = _covered(code[t], has_close[t], member, known[t], names_min)
        for lag in range(1, LAGS + 1):
            if t + lag + 1 >= days:
                continue
            y = later[t + lag + 1]
            if known[t]:
                found = spearman(code[t], order, count, tied, y, width, table, names_min)
            else:
                found = spearman_whole(code[t], order, count, tied, square, y, table, names_min)
            lagged[lag - 1, t] = found
        if t + 2 >= days:
            continue
        size = _section(order, count, later[t + 2], section)
        names[t] = size
        if size < names_min:
            continue
        _fifth_edges(size, edges)
        _fifth_means(section, edges, returns[t + 2], fifth_returns[:, t])
        ls[t] = fifth_returns[FIFTHS - 1, t] - fifth_returns[0, t]
        stayed = _stayed(section, size, mark, fifths_on, t)
        if fifths_on >= 0:
            turnover[t] = 1.0 - stayed / (2 * (size // FIFTHS))
        fifths_on = t


@njit(cache=True, nogil=True, error_model="numpy")
def ic_days(  # noqa: PLR0913, PLR0917 - one pass over the days
    first: int,
    last: int,
    code: Any,
    later: Any,
    members: Any,
    known: Any,
    columns: Any,
    shifts: Any,
    names_min: int,
    found: Any,
) -> None:
    """found[s, t]: rank IC of day t, over the names in `columns`, with the returns of row t + shifts[s]."""
    days, width = code.shape
    table, order = np.empty(width + 2, np.int32), np.empty(width, np.int32)
    chosen = columns.copy()
    for t in range(first, last):
        if known[t]:
            for i in range(width):
                chosen[i] = columns[i] & members[t, i]
        else:
            chosen[:] = columns
        count, tied = sorted_names(code[t], chosen, False, table, order)
        for s in range(len(shifts)):
            row = t + shifts[s]
            found[s, t] = np.nan
            if 0 <= row < days:
                found[s, t] = spearman(code[t], order, count, tied, later[row], width, table, names_min)


@njit(cache=True, nogil=True, error_model="numpy")
def _mixed(word: Any) -> Any:
    """SplitMix64's last steps."""
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


@njit(cache=True, nogil=True, error_model="numpy")
def _ranks_of(code: Any, table: Any, section: Any, size: int, ranks: Any) -> None:
    """Doubled average ranks, less their mean, of the names section[:size]."""
    table[:] = 0
    for k in range(size):
        table[code[section[k]] >> 1] += 1
    below = 0
    for place in range(1, len(code) + 1):
        m = int(table[place])
        table[place] = 2 * below + m + 1
        below += m
    for k in range(size):
        ranks[k] = table[code[section[k]] >> 1] - (size + 1)


@njit(cache=True, nogil=True, error_model="numpy")
def shuffled_days(  # noqa: PLR0913, PLR0917 - one pass over the days
    first: int,
    last: int,
    code: Any,
    later: Any,
    members: Any,
    known: Any,
    names_min: int,
    seed: Any,
    found: Any,
) -> None:
    """found[d, t]: rank IC of day t with its returns dealt out anew among the names of the cross-section.

    A day is shuffled once; each draw turns the shuffled row by a distance of its own.
    """
    days, width = code.shape
    table, order = np.empty(width + 2, np.int32), np.empty(width, np.int32)
    section, none = np.empty(width + 1, np.int32), np.empty(0, np.bool_)
    x, y = np.empty(width, np.int32), np.empty(2 * width, np.int32)
    step = np.uint64(0x9E3779B97F4A7C15)
    for t in range(first, min(last, days - 2)):
        member = members[t] if known[t] else none
        count, _ = sorted_names(code[t], member, not known[t], table, order)
        size = _section(order, count, later[t + 2], section)
        if size < names_min:
            continue
        _ranks_of(code[t], table, section, size, x)
        _ranks_of(later[t + 2], table, section, size, y)
        state = _mixed(np.uint64(seed) + step * np.uint64(t + 1))
        for k in range(size - 1, 0, -1):
            state += step
            other = int(_mixed(state) % np.uint64(k + 1))
            y[k], y[other] = y[other], y[k]
        x_square, y_square = 0, 0
        for k in range(size):
            y[size + k] = y[k]
            x_square += int(x[k]) * x[k]
            y_square += int(y[k]) * y[k]
        for draw in range(len(found)):
            state += step
            turn = int(_mixed(state) % np.uint64(size))
            product = 0
            for k in range(size):
                product += int(x[k]) * y[turn + k]
            found[draw, t] = _correlation(product, x_square, y_square)
