"""How suppliers, carriers, the warehouse and accounts behave and misbehave: by the seed and by `simulate`."""
