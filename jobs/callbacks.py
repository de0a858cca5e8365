"""Call-backs (回访) in time: people are asked, asked once more, and the round ends."""

from handlers.callbacks import actions
from jobs import due
from storage import callbacks

tick = due.each("callback", callbacks.due, actions.step)
TICK = tick
