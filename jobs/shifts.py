"""Shifts (排班) in time: what stays open a day before is told to the planner, what is over is counted."""

from handlers.shifts import actions
from jobs import due
from storage import cases
from storage.shifts import ShiftPlan

tick = due.each("shift", cases.due_of(ShiftPlan), actions.step)
TICK = tick
