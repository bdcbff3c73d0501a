"""What is measured, against what. `make bench` runs all of it on the embedded database of a scratch folder."""
