"""Cases of many orders with one cause: suggested when they arrive together, decided together."""
