"""Where the models of Compare disagree, and their answers to a reader's sentence."""
