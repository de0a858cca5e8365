"""Wishes (心愿) in time: those nobody claims are told to the worker, then to the desk; silent helpers are asked."""

from handlers.wishes import actions
from jobs import due
from storage import cases
from storage.wishes import Wish

tick = due.each("wish", cases.due_of(Wish), actions.step)
TICK = tick
