"""Disputes (矛盾纠纷): registered, sorted, mediated, agreed, called back, closed one by one."""
