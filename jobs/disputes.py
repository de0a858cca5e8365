"""Disputes (矛盾纠纷) in time: their handlers are asked every week how it goes, and why there is no appointment."""

from handlers.disputes import actions
from jobs import due
from storage import cases
from storage.disputes import Dispute

tick = due.each("dispute", cases.due_of(Dispute), actions.ask_how)
TICK = tick
