"""The shop repairs itself: what is stuck becomes a case, bounded playbooks act on it, and people decide the rest."""
