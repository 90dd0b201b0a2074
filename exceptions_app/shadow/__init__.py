"""Types that only watch: what would have opened, kept without a case, a clock or a word to anybody."""
