"""Ladders (升级阶梯) in time: clocks that run out climb, stopped ones go on, each step at its own moment."""

from handlers.ladders import actions
from jobs import due
from storage import ladders

tick = due.each("ladder", ladders.due, actions.advance)
TICK = tick
