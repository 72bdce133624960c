"""Market data: instruments, boards, calendars, bars."""
