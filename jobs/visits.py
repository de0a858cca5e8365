"""Visits (走访) in time: workers are reminded each morning, rounds end, receipts are erased a week later."""

from handlers.visits import actions
from jobs import due
from storage import cases
from storage.visits import Campaign

tick = due.each("campaign", cases.due_of(Campaign), actions.step)
TICK = tick
