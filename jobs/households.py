"""Ten households (十户联防) in time: who has not answered after three minutes, that nobody has cleared it, its end."""

from handlers.households import actions
from jobs import due
from storage import cases
from storage.households import Alarm

tick = due.each("household_alarm", cases.due_of(Alarm), actions.strike)
TICK = tick
"""An alarm under way, at its moments."""
