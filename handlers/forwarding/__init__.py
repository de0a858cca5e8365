"""Forwarding (人工转发): what people pass on by hand into groups no bot can enter, and what they say became of it."""
