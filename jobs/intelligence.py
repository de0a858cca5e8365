"""Intelligence (情报) in time: an answer that is owed to whoever told a tip, and does not come."""

from handlers.intelligence import owing
from jobs import due
from storage import intelligence

tick = due.each("tip_answer", intelligence.due, owing.strike)
TICK = tick
"""An answer owed, at its moments."""
