"""One class per resolution: what it asks of the ERP, of the supplier, and of whom."""
