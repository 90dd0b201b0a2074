"""What goes in and out: interchanges, streams, commands, acknowledgements. Every hop is a row."""
