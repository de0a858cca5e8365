"""Ten households (十户联防): one raises the alarm, the other nine, the worker and the officer know at once."""
