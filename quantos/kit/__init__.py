"""Small tools without a word of the domain: time, ids, canonical JSON, money, pages, HTTP habits."""
