"""Cases (案件): what every record shows its team: the three clocks, the ladder, the call-back, the supervision."""
