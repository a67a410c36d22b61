"""Where the models of Compare disagree, and what they answer to a reader's sentence."""
