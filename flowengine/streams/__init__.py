"""Events from outside: what they say, whether they are genuine, and what they start."""
