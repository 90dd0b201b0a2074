"""What the history, marks, headlines and mails say, in the language of whoever reads them."""
