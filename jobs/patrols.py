"""Patrols (巡逻) in time: those on them are reminded, and what nobody ends is over by itself."""

from handlers.patrols import actions
from jobs import due
from storage import cases
from storage.patrols import Patrol

tick = due.each("patrol", cases.due_of(Patrol), actions.step)
TICK = tick
