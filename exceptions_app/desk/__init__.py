"""One subject on the desk: what deviates in it now, and what that does to its cases.

`desk` is the look from its beginning to its end; `modes` say which types count, `decisions` what was decided
already, `scales` what a case weighs and where it goes, `casework` writes the cases, `shadows` the findings of
what would open some.
"""
