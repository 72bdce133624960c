"""The timetable: pure data and functions."""
