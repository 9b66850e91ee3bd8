"""The pages, one module a subject: each handler does one thing and shows or sends on."""
