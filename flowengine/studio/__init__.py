"""The studio: flows as pictures that can be edited, walked and compared in a browser, with the file as the truth."""
