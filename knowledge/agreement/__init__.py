"""Does a statement agree with a claim? Numbers, dates, negation, learned model: reasons first."""
