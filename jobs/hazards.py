"""Hazards (隐患) in time: whoever mends one is reminded before its day and after it, then the officer hears."""

from handlers.hazards import actions
from jobs import due
from storage import hazards

tick = due.each("hazard", hazards.due, actions.step)
TICK = tick
