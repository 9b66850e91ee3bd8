"""Handle the pages, one module per subject: each handler runs one act and shows or redirects."""
