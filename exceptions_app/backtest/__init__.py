"""What a draft of the policies would have changed on history: judged again, and compared case by case."""
