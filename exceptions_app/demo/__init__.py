"""The demo distributor: a believable world made from a seed, brought in through the real channels."""
