"""Decisions: what is proposed, who must approve, and carrying it out."""
