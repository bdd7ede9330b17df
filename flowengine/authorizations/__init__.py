"""Node authorizations: named credentials that nodes use, where they are kept, how they live and end."""
