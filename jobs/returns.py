"""Returns (返赃) in time: verified within a day, an appointment in three workdays, reminders, missed appointments."""

from handlers.returns import handing
from jobs import due
from storage import cases
from storage.returns import Return

tick = due.each("return", cases.due_of(Return), handing.step)
TICK = tick
